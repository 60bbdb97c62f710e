// Package dataset holds labelled sets for training a diffusion model or a classifier.
//
// A [Set] is from a folder of images ([Folder]), from arrays of NumPy with a table of labels ([Arrays]), from a table of
// sensors ([Windows]), or drawn by this package ([Steel]), so that a model can be trained without any download. Whatever
// is wrong with a source is one error each, with the file, what is wrong, and what is allowed: all of them up to a
// bound, joined by errors.Join.
//
// A set is written in the same forms ([Set.Npy], [Set.Labels], [Set.Table]), and shown as pictures ([Set.Picture]) or plots
// ([Set.Plot]).
//
// Parts never share a source or equal samples ([Set.Split], [Set.Leaks]); [Set.FewShot] draws k rows of scarce classes.
//
// A network sees values of mean 0 and deviation 1/2 ([Standard]). [Balance] says how often rows are drawn, [Augment]
// how they are varied.
//
// Samples lie as the convolutions of package kernels want them: images [N, Y, X, C], windows [N, T, C], float32. All of
// it is the same bits on every processor, and all that is random follows from a seed.
package dataset
