// Package dataset holds labelled sets for training a diffusion model or a classifier: images, and windows of sensors.
//
// [Steel] draws a set, so that a model can be trained without any download.
//
// Samples lie as the convolutions of package kernels want them: images [N, Y, X, C], windows [N, T, C], float32. All of
// it is the same bits on every processor, and all that is random follows from a seed.
package dataset
