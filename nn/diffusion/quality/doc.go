// Package quality measures how near generated images are to real ones: the Frechet distance, KID, precision, recall
// and coverage in a space of fixed features, and copies of training images.
//
// The features are formulas, not a network: grey values, gradients, spectrum, local patterns and a thumbnail. So a figure
// needs no download, and cannot be compared with an FID of Inception. It means something only beside the same figure of
// held-out real images, in as many samples.
package quality
