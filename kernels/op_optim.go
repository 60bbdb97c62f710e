package kernels

// Steps of optimisers.
const (
	// OpAdam: one fused step over n parameters (Kingma & Ba 2015), g scaled by scale[1] first:
	// m = fma(b1, m, (1-b1) g), v = fma(b2, v, ((1-b2) g) g),
	// p -= state.lr / (1-state.b1t) * m / (sqrt(v / (1-state.b2t)) + eps).
	// Arg: p, g, m, v, state, scale?. Dim: n. Scalar: b1, b2, eps.
	// state[3] = (lr, b1^t, b2^t), advanced by OpAdamTick before the first OpAdam of a step.
	OpAdam Op = 32

	// OpAdamTick: state.b1t *= b1, state.b2t *= b2. Arg: state. Scalar: b1, b2.
	OpAdamTick Op = 33

	// OpPolyak: t[n] = fma(Scalar[0], p - t, t). Arg: p, t. Dim: n.
	OpPolyak Op = 34

	// OpClipScale: from the sum of squares q[1]: norm[1] = sqrt(q), scale[1] = min(1, Scalar[0]/(norm + 1e-6)).
	// Arg: q, norm, scale.
	OpClipScale Op = 35
)

var optimOps = family{
	OpAdam: {
		Name: "adam", Dims: []string{"n"}, Flops: times(14, dim(0)),
		Args: []ArgSpec{inout("p", dim(0)), in("g", dim(0)), inout("m", dim(0)), inout("v", dim(0)), in("state", constant(3)), opt("scale", one)},
		Rows: uncut,
	},
	OpAdamTick: {
		Name: "adamtick",
		Args: []ArgSpec{inout("state", constant(3))},
		Rows: uncut,
	},
	OpPolyak: {
		Name: "polyak", Dims: []string{"n"}, Flops: times(3, dim(0)),
		Args: []ArgSpec{in("p", dim(0)), inout("t", dim(0))},
		Rows: uncut,
	},
	OpClipScale: {
		Name: "clipscale",
		Args: []ArgSpec{in("q", one), out("norm", one), out("scale", one)},
		Rows: uncut,
	},
}
