// Package fewshot measures what helps a classifier that has k images of some rare classes and all images of the others:
// sampling, augmentation, pastes, mixtures, and samples of a diffusion model.
//
// A [Study] draws k images of each rare class anew for every draw. An [Arm] is what a classifier is trained on, and a cell is
// one arm in one draw with one seed of the classifier. All arms of a draw and seed have the same real images and the same
// initial network, so differences between arms are paired.
//
// The bar is the best arm without a model, chosen on images of training alone ([Table.Bar]). An arm with generated images is worth
// something if its difference to the bar has an interval above 0.
//
// A diffusion model of the other classes is adapted to the k images. It then draws from noise, also guided by its earlier self,
// harmonises pastes, or draws what a classifier is not sure of, once it is trained or as it learns. Features of its network are a
// classifier of their own.
//
// Whatever is random follows from the seed of the study, the draw and a purpose, by counters. So cells do not depend on each
// other, on their order or on the number of threads, and a study goes on where it was stopped.
package fewshot
