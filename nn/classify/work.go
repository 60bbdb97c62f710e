package classify

// Flops are the floating-point operations of training on samples of a shape, about: those of the convolutions, three times
// as many with their gradients.
func (o *Options) Flops(shape []int) int64 {
	taps, in, work := int64(3), int64(shape[len(shape)-1]), int64(0)
	if len(shape) == 3 {
		taps = 9
	}
	for i, out := range widths {
		pixels := int64(1)
		for _, n := range shape[:len(shape)-1] {
			pixels *= int64((n-1)>>i + 1) // halved by every convolution but the first
		}
		work += 2 * pixels * taps * in * int64(out)
		in = int64(out)
	}
	return 3 * work * int64(o.Updates) * int64(o.Batch)
}
