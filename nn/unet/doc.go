// Package unet holds UNet-lite, the network of the diffusion models: a U-Net for images or sequences with time and class
// embeddings and self-attention, small enough for a processor.
//
// It is built like the U-Net of Ho et al. 2020 (DDPM), with the scale and shift by time of Nichol & Dhariwal 2021. A
// [Config] with kernels of 3 for images is a UNet2DModel of the library diffusers: equal parameters, equal numbers, and
// the same folders on disk ([Load], [Model.Save]). See docs/design/unet.md.
//
// [Model.Apply] adds the network to a graph. [Model.Evaluate] and [Model.Gradients] append it to Programs. Shapes: B images
// or sequences in a batch, Y rows and X columns of an image, T times of a sequence, C channels, which come last.
package unet
