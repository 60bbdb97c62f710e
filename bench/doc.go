// Package bench measures the engine: products, networks with their backward pass and optimiser, and
// whole updates, alone or side by side with peers that do the same work. `gmel bench` prints what it
// returns.
//
// # Method
//
// Inputs are fresh normal numbers, never zeros. A case is warmed up, then timed in samples of at least
// a millisecond until its time is over; its figure is the median, its spread the distance of the
// quartiles. The peak (multiply-adds on registers by the instruction that the kernels use, with the same instruction set,
// precision and number of threads) is measured before and after every row, so a host that is busy with something else shows.
// The floor of a row is the arithmetic of its Program over that peak, or on a GPU its traffic over the rate of a copy where that takes
// longer; the row says which. A floor by mma.sync is that of our kernels, not of the device: its other instructions may be faster.
//
// A row is told as soon as our own side is measured; then its peers begin. A peer first shows that it does the same work: it
// gets the same inputs and parameters, and its losses and gradients, or what a rollout shows, must agree to [Tolerance]. Then
// the two sides take turns in short slices, never at once; the figure is the median of the ratios of neighbouring slices.
//
// A peer may know several ways to do a work; the fastest counts. A way that does other work, fails or takes too long is left out,
// and the row says why. So does a peer without any way that works: its row has no ratio.
package bench
