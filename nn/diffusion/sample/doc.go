// Package sample draws samples from a U-Net: it plays a [diffusion.Plan] on a device.
//
// One evaluation of the network with the step that follows it is one Program, which reads its coefficients from a table by the number of the
// step. A whole sampling run is one call of the backend, which a GPU makes one graph. The noise of an image follows from the seed, its number and the step, so an
// image has the same bits in every batch, on every device and for any number of threads.
package sample
