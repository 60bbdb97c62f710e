// Package moments says which group normalisations may take their statistics from the convolution that made their input. Such a
// convolution writes, beside its result, the mean and the sum of squared deviations of each strip of [StripRows] pixels and [StripChannels]
// channels, and the norm then reads its input once instead of three times.
//
// The sums have another order than those of package ref, so this is for precisions that promise no bits. The package knows no device:
// [Of] returns the pairs as data, and a device may leave a convolution out, if its norm then reads its input as before.
package moments
