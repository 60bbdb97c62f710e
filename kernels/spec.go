package kernels

// Mode says what an op does with an argument.
type Mode uint8

// The modes of an argument.
const (
	In    Mode = iota
	Out        // overwritten; with FlagAccumulate read and written
	InOut      // read and written
	Fresh      // overwritten, with FlagAccumulate too
)

// ArgSpec describes one argument of an op.
type ArgSpec struct {
	Name     string
	Mode     Mode
	Optional bool
	// Len is the number of floats the op may touch from the offset on.
	Len func(d *Desc) int64
}

// Spec describes an op to those that need not know its arithmetic: the validator, the memory
// planner, the dump and the conformance suite.
type Spec struct {
	Name string
	Args []ArgSpec
	Dims []string
	// Random: the op uses Seed and Stream.
	Random bool
	// Accumulates: the op knows FlagAccumulate.
	Accumulates bool
	// Flops is the number of floating-point operations, 0 where nobody would count them.
	Flops func(d *Desc) int64
}

// SpecOf returns the Spec of an op; ok is false for an unknown code.
func SpecOf(o Op) (spec *Spec, ok bool) {
	if o <= OpNone || o >= opEnd {
		return nil, false
	}
	return &specs[o], true
}

// Ops lists all op codes.
func Ops() []Op {
	var ops []Op
	for o := OpNone + 1; o < opEnd; o++ {
		ops = append(ops, o)
	}
	return ops
}

func dim(i int) func(*Desc) int64        { return func(d *Desc) int64 { return d.Dim[i] } }
func prod(i ...int) func(*Desc) int64    { return func(d *Desc) int64 { return product(d, i) } }
func constant(n int64) func(*Desc) int64 { return func(*Desc) int64 { return n } }

func product(d *Desc, idx []int) int64 {
	n := int64(1)
	for _, i := range idx {
		n = mul(n, d.Dim[i])
	}
	return n
}

// strided is the extent of rows x cols with a row stride and a column stride.
func strided(rows, cols, rs, cs int64) int64 {
	if rows == 0 || cols == 0 {
		return 0
	}
	return plus(plus(mul(rows-1, rs), mul(cols-1, cs)), 1)
}

func ldLen(ld int) func(*Desc) int64 {
	return func(d *Desc) int64 { return strided(d.Dim[0], d.Dim[1], d.Dim[ld], 1) }
}

func gemmLen(rows, cols, ld, stride int, transposed Flags) func(*Desc) int64 {
	return func(d *Desc) int64 {
		r, c := d.Dim[rows], d.Dim[cols]
		if transposed != 0 && d.Has(transposed) {
			r, c = c, r
		}
		if d.Dim[GemmGroups] == 0 {
			return 0
		}
		return plus(mul(d.Dim[GemmGroups]-1, d.Dim[stride]), strided(r, c, d.Dim[ld], 1))
	}
}

func biasLen(d *Desc) int64 {
	return plus(mul(max(d.Dim[GemmGroups]-1, 0), d.Dim[GemmStrideBias]), d.Dim[GemmN])
}

// Indices into Desc.Dim of OpGemm.
const (
	GemmM = iota
	GemmN
	GemmK
	GemmLDA
	GemmLDB
	GemmLDC
	GemmGroups
	GemmStrideA
	GemmStrideB
	GemmStrideC
	GemmStrideBias
)

func in(name string, n func(*Desc) int64) ArgSpec    { return ArgSpec{name, In, false, n} }
func opt(name string, n func(*Desc) int64) ArgSpec   { return ArgSpec{name, In, true, n} }
func out(name string, n func(*Desc) int64) ArgSpec   { return ArgSpec{name, Out, false, n} }
func inout(name string, n func(*Desc) int64) ArgSpec { return ArgSpec{name, InOut, false, n} }

func attentionFlops(perPair int64) func(*Desc) int64 {
	return func(d *Desc) int64 { return mul(perPair, d.Dim[0], d.Dim[1], d.Dim[1], d.Dim[2], d.Dim[3]) }
}

func optOut(name string, n func(*Desc) int64) ArgSpec { return ArgSpec{name, Out, true, n} }
func fresh(name string, n func(*Desc) int64) ArgSpec  { return ArgSpec{name, Fresh, false, n} }

// times is n with a constant factor.
func times(k int64, n func(*Desc) int64) func(*Desc) int64 {
	return func(d *Desc) int64 { return mul(k, n(d)) }
}

// window is the length of a tensor that is Dim[4] times as high and wide as [B,Y,X,C].
func window(d *Desc) int64 { return product(d, []int{0, 1, 2, 3, 4, 4}) }

var (
	imageDims     = []string{"B", "Y", "X", "C", "f"}
	normDims      = []string{"B", "P", "C", "G"}
	attentionDims = []string{"B", "N", "h", "D"}
	tokens        = prod(0, 1, 2, 3)
	one           = constant(1)
	two           = constant(2)
)

var specs = [opEnd]Spec{
	OpGemm: {
		Name: "gemm", Dims: []string{"M", "N", "K", "lda", "ldb", "ldc", "G", "strideA", "strideB", "strideC", "strideBias"}, Accumulates: true,
		Args: []ArgSpec{
			in("A", gemmLen(GemmM, GemmK, GemmLDA, GemmStrideA, FlagTransA)), in("B", gemmLen(GemmK, GemmN, GemmLDB, GemmStrideB, FlagTransB)),
			opt("bias", biasLen), opt("aux", gemmLen(GemmM, GemmN, GemmLDC, GemmStrideC, 0)), out("C", gemmLen(GemmM, GemmN, GemmLDC, GemmStrideC, 0)),
		},
		Flops: times(2, prod(GemmM, GemmN, GemmK, GemmGroups)),
	},
	OpUnary:     {Name: "unary", Dims: []string{"n"}, Args: []ArgSpec{in("x", dim(0)), out("y", dim(0))}, Accumulates: true, Flops: dim(0)},
	OpUnaryGrad: {Name: "unarygrad", Dims: []string{"n"}, Args: []ArgSpec{in("x", dim(0)), in("y", dim(0)), in("dy", dim(0)), out("dx", dim(0))}, Accumulates: true, Flops: dim(0)},
	OpBinary: {
		Name: "binary", Dims: []string{"M", "N", "ars", "acs", "brs", "bcs"}, Accumulates: true, Flops: prod(0, 1),
		Args: []ArgSpec{
			in("a", func(d *Desc) int64 { return strided(d.Dim[0], d.Dim[1], d.Dim[2], d.Dim[3]) }),
			in("b", func(d *Desc) int64 { return strided(d.Dim[0], d.Dim[1], d.Dim[4], d.Dim[5]) }),
			out("y", prod(0, 1)),
		},
	},
	OpSumAll:  {Name: "sumall", Dims: []string{"n"}, Args: []ArgSpec{in("x", dim(0)), out("y", one)}, Accumulates: true, Flops: dim(0)},
	OpSumRows: {Name: "sumrows", Dims: []string{"M", "N"}, Args: []ArgSpec{in("x", prod(0, 1)), out("y", dim(0))}, Accumulates: true, Flops: prod(0, 1)},
	OpSumCols: {Name: "sumcols", Dims: []string{"M", "N", "ldx"}, Args: []ArgSpec{in("x", ldLen(2)), out("y", dim(1))}, Accumulates: true, Flops: prod(0, 1)},
	OpCopy:    {Name: "copy", Dims: []string{"M", "N", "ldx", "ldy"}, Args: []ArgSpec{in("x", ldLen(2)), out("y", ldLen(3))}, Accumulates: true},
	OpFill:    {Name: "fill", Dims: []string{"n"}, Args: []ArgSpec{out("y", dim(0))}},

	OpLoop: {Name: "loop", Dims: []string{"body", "iterations", "segments"}},

	OpLogSoftmax:     {Name: "logsoftmax", Dims: []string{"M", "N"}, Args: []ArgSpec{in("x", prod(0, 1)), opt("mask", prod(0, 1)), out("y", prod(0, 1))}},
	OpLogSoftmaxGrad: {Name: "logsoftmaxgrad", Dims: []string{"M", "N"}, Args: []ArgSpec{in("y", prod(0, 1)), opt("mask", prod(0, 1)), in("dy", prod(0, 1)), out("dx", prod(0, 1))}, Accumulates: true},
	OpSample:         {Name: "sample", Dims: []string{"M", "N"}, Args: []ArgSpec{in("logp", prod(0, 1)), in("counter", two), out("a", dim(0))}, Random: true},
	OpArgMax:         {Name: "argmax", Dims: []string{"M", "N"}, Args: []ArgSpec{in("x", prod(0, 1)), out("a", dim(0))}},
	OpOneHot:         {Name: "onehot", Dims: []string{"M", "N"}, Args: []ArgSpec{in("a", dim(0)), out("y", prod(0, 1))}},
	OpPick:           {Name: "pick", Dims: []string{"M", "N"}, Args: []ArgSpec{in("x", prod(0, 1)), in("a", dim(0)), out("y", dim(0))}},
	OpPickGrad:       {Name: "pickgrad", Dims: []string{"M", "N"}, Args: []ArgSpec{in("dy", dim(0)), in("a", dim(0)), out("dx", prod(0, 1))}, Accumulates: true},

	OpAttention:            {Name: "attention", Dims: attentionDims, Args: []ArgSpec{in("q", tokens), in("k", tokens), in("v", tokens), out("x", tokens), optOut("penalty", one)}, Flops: attentionFlops(4)},
	OpAttentionGrad:        {Name: "attentiongrad", Dims: attentionDims, Args: []ArgSpec{in("q", tokens), in("k", tokens), in("v", tokens), in("dx", tokens), out("dq", tokens), out("dk", tokens), out("dv", tokens), opt("dpenalty", one)}, Accumulates: true, Flops: attentionFlops(10)},
	OpAttentionPenalty:     {Name: "attentionpenalty", Dims: attentionDims, Args: []ArgSpec{in("q", tokens), in("k", tokens), out("y", one)}, Flops: attentionFlops(2)},
	OpAttentionPenaltyGrad: {Name: "attentionpenaltygrad", Dims: attentionDims, Args: []ArgSpec{in("q", tokens), in("k", tokens), in("dy", one), out("dq", tokens), out("dk", tokens)}, Accumulates: true, Flops: attentionFlops(6)},
	OpAttentionEntropy:     {Name: "attentionentropy", Dims: attentionDims, Args: []ArgSpec{in("q", tokens), in("k", tokens), out("y", dim(2))}, Flops: attentionFlops(2)},

	OpConv:      {Name: "conv", Dims: convDims, Args: []ArgSpec{in("x", convX), in("w", convW), opt("bias", dim(ConvF)), out("y", convY)}, Accumulates: true, Flops: convFlops},
	OpConvGradX: {Name: "convgradx", Dims: convDims, Args: []ArgSpec{in("dy", convY), in("w", convW), opt("aux", convX), out("dx", convX)}, Accumulates: true, Flops: convFlops},
	OpConvGradW: {Name: "convgradw", Dims: convDims, Args: []ArgSpec{in("x", convX), in("dy", convY), out("dw", convW)}, Accumulates: true, Flops: convFlops},

	OpGatherRows:  {Name: "gatherrows", Dims: []string{"M", "N", "R"}, Args: []ArgSpec{in("table", prod(2, 1)), in("idx", dim(0)), out("y", prod(0, 1))}},
	OpScatterRows: {Name: "scatterrows", Dims: []string{"M", "N", "R"}, Args: []ArgSpec{in("x", prod(0, 1)), in("idx", dim(0)), inout("table", prod(2, 1))}, Accumulates: true},

	OpRandInt: {Name: "randint", Dims: []string{"n"}, Args: []ArgSpec{in("bound", one), in("counter", two), out("y", dim(0))}, Random: true},
	OpUniform: {Name: "uniform", Dims: []string{"n"}, Args: []ArgSpec{in("counter", two), out("y", dim(0))}, Random: true},
	OpNormal:  {Name: "normal", Dims: []string{"n"}, Args: []ArgSpec{in("counter", two), out("y", dim(0))}, Random: true},
	OpCount:   {Name: "count", Dims: []string{"by"}, Args: []ArgSpec{inout("counter", two)}},

	OpAdam: {
		Name: "adam", Dims: []string{"n"}, Flops: times(14, dim(0)),
		Args: []ArgSpec{inout("p", dim(0)), in("g", dim(0)), inout("m", dim(0)), inout("v", dim(0)), in("state", constant(3)), opt("scale", one)},
	},
	OpAdamTick:    {Name: "adamtick", Args: []ArgSpec{inout("state", constant(3))}},
	OpPolyak:      {Name: "polyak", Dims: []string{"n"}, Args: []ArgSpec{in("p", dim(0)), inout("t", dim(0))}, Flops: times(3, dim(0))},
	OpClipScale:   {Name: "clipscale", Args: []ArgSpec{in("q", one), out("norm", one), out("scale", one)}},
	OpMoments:     {Name: "moments", Dims: []string{"R", "N"}, Args: []ArgSpec{in("x", prod(0, 1)), opt("w", prod(0, 1)), in("count", one), out("y", two)}},
	OpCheckFinite: {Name: "checkfinite", Dims: []string{"n"}, Args: []ArgSpec{in("x", dim(0)), out("y", one)}, Accumulates: true},

	OpStep: {
		Name: "step", Dims: []string{"env", "W", "A", "O", "U"},
		Args: []ArgSpec{
			in("act", prod(1, 2)), out("obs", prod(1, 2, 3)), out("mask", prod(1, 2, 4)), out("nextObs", prod(1, 2, 3)),
			out("nextMask", prod(1, 2, 4)), out("reward", prod(1, 2)), out("active", prod(1, 2)), out("ended", prod(1, 2)),
		},
	},

	OpGroupNorm: {
		Name: "groupnorm", Dims: normDims, Flops: times(8, prod(0, 1, 2)),
		Args: []ArgSpec{in("x", prod(0, 1, 2)), in("gamma", dim(2)), in("beta", dim(2)), opt("film", times(2, prod(0, 2))), out("y", prod(0, 1, 2)), out("stats", times(2, prod(0, 3)))},
	},
	OpGroupNormGrad: {
		Name: "groupnormgrad", Dims: normDims, Accumulates: true, Flops: times(14, prod(0, 1, 2)),
		Args: []ArgSpec{
			in("x", prod(0, 1, 2)), in("stats", times(2, prod(0, 3))), in("gamma", dim(2)), in("beta", dim(2)), opt("film", times(2, prod(0, 2))),
			in("dy", prod(0, 1, 2)), out("dx", prod(0, 1, 2)), fresh("sums", times(2, prod(0, 2))),
		},
	},
	OpGroupNormParamGrad: {
		Name: "groupnormparamgrad", Dims: []string{"B", "C"},
		Args: []ArgSpec{
			in("sums", times(2, prod(0, 1))), in("gamma", dim(1)), in("beta", dim(1)), opt("film", times(2, prod(0, 1))),
			out("dgamma", dim(1)), out("dbeta", dim(1)), optOut("dfilm", times(2, prod(0, 1))),
		},
	},
	OpLayerNorm: {
		Name: "layernorm", Dims: []string{"M", "N"}, Flops: times(8, prod(0, 1)),
		Args: []ArgSpec{in("x", prod(0, 1)), in("gamma", dim(1)), in("beta", dim(1)), out("y", prod(0, 1)), out("stats", times(2, dim(0)))},
	},
	OpLayerNormGrad: {
		Name: "layernormgrad", Dims: []string{"M", "N"}, Accumulates: true, Flops: times(14, prod(0, 1)),
		Args: []ArgSpec{
			in("x", prod(0, 1)), in("stats", times(2, dim(0))), in("gamma", dim(1)), in("dy", prod(0, 1)),
			out("dx", prod(0, 1)), fresh("dgamma", dim(1)), fresh("dbeta", dim(1)),
		},
	},

	OpUpsample: {Name: "upsample", Dims: imageDims, Args: []ArgSpec{in("x", prod(0, 1, 2, 3)), out("y", window)}, Accumulates: true},
	OpPool:     {Name: "pool", Dims: imageDims, Args: []ArgSpec{in("x", window), out("y", prod(0, 1, 2, 3))}, Accumulates: true, Flops: window},
	OpDropout:  {Name: "dropout", Dims: []string{"n"}, Args: []ArgSpec{in("x", dim(0)), in("counter", two), out("y", dim(0))}, Random: true, Accumulates: true},
	OpSinusoid: {Name: "sinusoid", Dims: []string{"B", "F"}, Args: []ArgSpec{in("t", dim(0)), out("y", times(2, prod(0, 1)))}},

	OpGAE: {
		Name: "gae", Dims: []string{"T", "M"}, Flops: times(5, prod(0, 1)),
		Args: []ArgSpec{in("reward", prod(0, 1)), in("value", prod(0, 1)), in("next", prod(0, 1)), in("ended", prod(0, 1)), out("A", prod(0, 1))},
	},
	OpShuffle: {Name: "shuffle", Dims: []string{"M", "N"}, Args: []ArgSpec{in("counter", two), out("y", dim(0))}, Random: true},
}
