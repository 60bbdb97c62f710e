// Package classify trains a small convolutional network to tell the classes of a set of images or sequences apart, and
// scores its answers.
//
// It measures what data are worth: trained on generated samples alone and tested on real ones, it gives the classification
// accuracy score of Ravuri and Vinyals, arXiv 1905.10887. Trained on a few real samples, it is the classifier of a few-shot
// study. Which rows are drawn, and how often, is a table of the caller, so real and generated rows mix in any share.
//
// One update is one Program: it draws rows of the set, which lies in the arena, varies them, and computes loss, gradients
// and Adam's step. A variation (a mirror image, a shift) only moves pixels, so it is a row of a table that says from where
// each pixel is taken. The same seed gives the same bits for any number of threads.
package classify
