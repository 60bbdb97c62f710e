package kernels

// Images and times as inputs of a U-Net.
const (
	// OpUpsample: y[b, f i + u, f j + v, c] = Scalar[0] x[B,Y,X,C] for u, v < f: nearest neighbour; acc.
	// Arg: x, y. Dim: B, Y, X, C, f.
	OpUpsample Op = 44

	// OpPool: y[B,Y,X,C] = Scalar[0] * sum of x[b, f i + u, f j + v, c] over u, v < f in ascending order,
	// x being [B, f Y, f X, C]: the adjoint of OpUpsample, and average pooling for 1/f^2; acc.
	// Arg: x, y. Dim: B, Y, X, C, f.
	OpPool Op = 45

	// OpSinusoid: y[B, 2 F] = (sin(t f_i), cos(t f_i)), i < F, of the times t[B]; f_0 = 1, f_i = r^i with
	// r = Scalar[0] + Scalar[1] (Vaswani et al. 2017, Ho et al. 2020). In float64, every operation rounded:
	// w_0 = 1/(2 pi), w_(i+1) = w_i r, turns = t w_i - floor(t w_i); then sine and cosine of the turns,
	// rounded to float32, as in OpNormal. Within 3e-7 for |t| up to 2^20. Arg: t, y. Dim: B, F.
	OpSinusoid Op = 47
)

var imageOps = family{
	OpUpsample: {
		Name: "upsample", Dims: imageDims, Accumulates: true,
		Args: []ArgSpec{in("x", prod(0, 1, 2, 3)), out("y", window)},
		Rows: uncut,
	},
	OpPool: {
		Name: "pool", Dims: imageDims, Accumulates: true, Flops: window,
		Args: []ArgSpec{in("x", window), out("y", prod(0, 1, 2, 3))},
		Rows: uncut,
	},
	OpSinusoid: {
		Name: "sinusoid", Dims: []string{"B", "F"},
		Args: []ArgSpec{in("t", dim(0)), out("y", times(2, prod(0, 1)))},
		Rows: uncut,
	},
}

var imageDims = []string{"B", "Y", "X", "C", "f"}

// window is the number of floats of an image that is Dim[4] times as high and as wide as [B,Y,X,C].
func window(d *Desc) int64 { return product(d, []int{0, 1, 2, 3, 4, 4}) }
