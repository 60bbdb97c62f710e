package ref

import (
	"fmt"

	"github.com/gmel-go/gmel/kernels"
)

// op is one descriptor over one arena.
type op[T Float] struct {
	*kernels.Desc
	mem []T
}

// arg returns argument i, nil when it is absent.
func (o *op[T]) arg(i int) []T {
	off := o.Arg[i]
	if off == kernels.Absent {
		return nil
	}
	spec, _ := kernels.SpecOf(o.Op)
	return o.mem[off : off+spec.Args[i].Len(o.Desc)]
}

func (o *op[T]) dim(i int) int       { return int(o.Dim[i]) }
func (o *op[T]) scalar(i int) T      { return T(o.Scalar[i]) }
func (o *op[T]) accumulates() bool   { return o.Has(kernels.FlagAccumulate) }
func (o *op[T]) params() [2]T        { return [2]T{o.scalar(0), o.scalar(1)} }
func (o *op[T]) put(out *T, value T) { store(out, value, o.accumulates()) }

// store writes a result, or adds it to what is there.
func store[T Float](out *T, value T, accumulate bool) {
	if accumulate {
		*out += value
	} else {
		*out = value
	}
}

// Run executes all ops of p over arena, which holds at least p.Arena numbers.
func Run[T Float](p *kernels.Program, arena []T) error {
	if int64(len(arena)) < p.Arena {
		return fmt.Errorf("ref: program %q needs an arena of %d floats, got %d", p.Name, p.Arena, len(arena))
	}
	for i := range p.Descs {
		if err := Exec(&p.Descs[i], arena); err != nil {
			return fmt.Errorf("ref: program %q, op %d: %w", p.Name, i, err)
		}
	}
	return nil
}

// Exec executes one op over arena.
func Exec[T Float](d *kernels.Desc, arena []T) error {
	o := &op[T]{d, arena}
	run := o.kernel()
	if run == nil {
		return fmt.Errorf("ref has no %s", d.Op)
	}
	run(o)
	return nil
}

var (
	kernels32 = table[float32]()
	kernels64 = table[float64]()
)

// kernel returns the implementation, nil for an unknown op.
func (o *op[T]) kernel() func(*op[T]) {
	if t, ok := any(kernels32).(map[kernels.Op]func(*op[T])); ok {
		return t[o.Op]
	}
	return any(kernels64).(map[kernels.Op]func(*op[T]))[o.Op]
}

func table[T Float]() map[kernels.Op]func(*op[T]) {
	return map[kernels.Op]func(*op[T]){
		kernels.OpGemm: (*op[T]).gemm, kernels.OpUnary: (*op[T]).unary, kernels.OpUnaryGrad: (*op[T]).unaryGrad, kernels.OpBinary: (*op[T]).binary,
		kernels.OpSumAll: (*op[T]).sumAll, kernels.OpSumRows: (*op[T]).sumRows, kernels.OpSumCols: (*op[T]).sumCols,
		kernels.OpCopy: (*op[T]).copy, kernels.OpFill: (*op[T]).fill,
		kernels.OpLogSoftmax: (*op[T]).logSoftmax, kernels.OpLogSoftmaxGrad: (*op[T]).logSoftmaxGrad,
		kernels.OpSample: (*op[T]).sample, kernels.OpArgMax: (*op[T]).argMax, kernels.OpOneHot: (*op[T]).oneHot,
		kernels.OpPick: (*op[T]).pick, kernels.OpPickGrad: (*op[T]).pickGrad,
		kernels.OpAttention: (*op[T]).attention, kernels.OpAttentionGrad: (*op[T]).attentionGrad,
		kernels.OpAttentionPenalty: (*op[T]).attentionPenalty, kernels.OpAttentionPenaltyGrad: (*op[T]).attentionPenaltyGrad,
		kernels.OpAttentionEntropy: (*op[T]).attentionEntropy,
		kernels.OpGatherRows:       (*op[T]).gatherRows, kernels.OpScatterRows: (*op[T]).scatterRows,
		kernels.OpRandInt: (*op[T]).randInt, kernels.OpUniform: (*op[T]).uniform, kernels.OpNormal: (*op[T]).normal, kernels.OpCount: (*op[T]).count,
		kernels.OpAdam: (*op[T]).adam, kernels.OpAdamTick: (*op[T]).adamTick, kernels.OpPolyak: (*op[T]).polyak, kernels.OpClipScale: (*op[T]).clipScale,
		kernels.OpMoments: (*op[T]).moments, kernels.OpCheckFinite: (*op[T]).checkFinite,
	}
}
