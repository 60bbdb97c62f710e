// Package fit trains a U-Net as a denoiser: EDM's preconditioning, noise levels and loss (Karras et al. 2022, arXiv
// 2206.00364, table 1), Adam with a warm-up and a cosine of its rate, and an average of the parameters.
//
// A Trainer is a train.Job. One update is one Program: it draws samples from the whole set, which lies in the arena,
// draws noise, and computes loss, gradients, Adam's step and the average. Whatever changes from update to update, such
// as the rate, is a row of a table, so the Program needs nothing from the host. Random numbers follow from the seed
// and the number of the update.
//
// With Options.Tuning a trained network is tuned so that one to four evaluations make a sample, see Tuning.
package fit
