//go:build cgo

package cpu_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/cpu"
)

// Shapes of a critic with 30 agents, hidden width 64 and batch 256: 7680 rows.
const rows = 256 * 30

var (
	threads = flag.Int("threads", 0, "threads of the benchmarks; 0 = all")
	isa     = flag.String("isa", "", "instruction set of the benchmarks; empty = best")
)

func options() kernels.Options { return kernels.Options{Threads: *threads, ISA: *isa} }

type work struct {
	name string
	desc kernels.Desc
}

func op(name string, code kernels.Op, dims ...int64) work {
	w := work{name: name}
	w.desc.Op = code
	copy(w.desc.Dim[:], dims)
	w.desc.Scalar = [4]float32{0.9, 0.999, 1e-8}
	return w
}

// gemm is a layer: forward (NN, bias, ReLU), dX (NT) or dW (TN).
func gemm(kind string, m, n, k int64) work {
	w := op(fmt.Sprintf("gemm%s/%dx%dx%d", kind, m, n, k), kernels.OpGemm, m, n, k, k, n, n, 1)
	w.desc.Arg[3] = kernels.Absent
	switch kind {
	case "NN":
		w.desc.Fn = kernels.FnReLU
		return w
	case "NT":
		w.desc.Flags, w.desc.Dim[kernels.GemmLDB] = kernels.FlagTransB, k
	case "TN":
		w.desc.Flags, w.desc.Dim[kernels.GemmLDA] = kernels.FlagTransA, m
	}
	w.desc.Arg[2] = kernels.Absent
	return w
}

// conv is the forward pass or a gradient of a 3x3 convolution with padding 1 and equal numbers of input and output channels.
func conv(code kernels.Op, batch, side, channels int64) work {
	w := op(fmt.Sprintf("%s/%dx%dx%dx%d", code, batch, side, side, channels), code, batch, side, side, channels, 3, 3, channels, 1, 1, 1, 1)
	if code == kernels.OpConvGradX {
		w.desc.Arg[2] = kernels.Absent
	}
	return w
}

// convs are the convolutions of a small U-Net, batch 16.
func convs() []work {
	var list []work
	for _, s := range [][2]int64{{32, 16}, {32, 64}, {16, 32}, {16, 64}, {16, 128}, {8, 32}, {8, 64}, {8, 128}} {
		for _, code := range []kernels.Op{kernels.OpConv, kernels.OpConvGradX, kernels.OpConvGradW} {
			w := conv(code, 16, s[0], s[1])
			list = append(list, w, winograd(w))
		}
	}
	return list
}

// winograd is a convolution in Winograd's form. Its rate counts the multiplications of the direct form.
func winograd(w work) work {
	w.name += "/winograd"
	w.desc.Flags |= kernels.FlagWinograd
	return w
}

func fn(w work, f kernels.Fn) work {
	w.name += "/" + f.String()
	w.desc.Fn = f
	return w
}

var works = []work{
	gemm("NN", rows, 64, 39), gemm("NN", rows, 64, 34), gemm("NN", rows, 64, 64), gemm("NN", rows, 64, 128), gemm("NN", rows, 5, 64),
	gemm("NN", 1024, 1024, 1024), gemm("NN", 30, 64, 64), gemm("NN", 4096, 128, 128),
	gemm("NT", rows, 39, 64), gemm("NT", rows, 64, 64), gemm("NT", rows, 128, 64), gemm("NT", rows, 64, 5),
	gemm("TN", 39, 64, rows), gemm("TN", 64, 64, rows), gemm("TN", 128, 64, rows), gemm("TN", 64, 5, rows),
	op("attention", kernels.OpAttention, 256, 30, 4, 16),
	op("attentiongrad", kernels.OpAttentionGrad, 256, 30, 4, 16),
	op("attentionpenalty", kernels.OpAttentionPenalty, 256, 30, 4, 16),
	op("attentionpenaltygrad", kernels.OpAttentionPenaltyGrad, 256, 30, 4, 16),
	op("attentionentropy", kernels.OpAttentionEntropy, 256, 30, 4, 16),
	op("attentionB16", kernels.OpAttention, 16, 30, 4, 16), op("attentiongradB16", kernels.OpAttentionGrad, 16, 30, 4, 16),
	fn(op("unary", kernels.OpUnary, rows*64), kernels.FnReLU), fn(op("unary", kernels.OpUnary, rows*64), kernels.FnTanh),
	fn(op("unary", kernels.OpUnary, rows*64), kernels.FnExp), fn(op("unarygrad", kernels.OpUnaryGrad, rows*64), kernels.FnTanh),
	op("binary", kernels.OpBinary, rows, 64, 64, 1, 64, 1), op("binary/row", kernels.OpBinary, rows, 64, 64, 1, 0, 1),
	op("sumall", kernels.OpSumAll, rows*64), op("sumrows/5", kernels.OpSumRows, rows, 5), op("sumcols", kernels.OpSumCols, rows, 64, 64),
	op("logsoftmax/5", kernels.OpLogSoftmax, rows, 5), op("logsoftmaxgrad/5", kernels.OpLogSoftmaxGrad, rows, 5),
	op("sample/5", kernels.OpSample, rows, 5), op("argmax/5", kernels.OpArgMax, rows, 5), op("onehot/5", kernels.OpOneHot, rows, 5),
	op("pick/5", kernels.OpPick, rows, 5), op("pickgrad/5", kernels.OpPickGrad, rows, 5),
	op("copy", kernels.OpCopy, rows, 34, 34, 39), op("gatherrows", kernels.OpGatherRows, rows, 34, 50000),
	op("scatterrows", kernels.OpScatterRows, rows, 34, 50000),
	op("randint", kernels.OpRandInt, rows), op("uniform", kernels.OpUniform, rows*64), op("normal", kernels.OpNormal, rows*64),
	op("adam", kernels.OpAdam, 100_000), op("polyak", kernels.OpPolyak, 100_000), op("moments", kernels.OpMoments, rows, 1),
	op("checkfinite", kernels.OpCheckFinite, 100_000),
	op("groupnorm", kernels.OpGroupNorm, 16, 1024, 64, 16), fn(op("groupnorm", kernels.OpGroupNorm, 16, 1024, 64, 16), kernels.FnSiLU),
	op("groupnormgrad", kernels.OpGroupNormGrad, 16, 1024, 64, 16), fn(op("groupnormgrad", kernels.OpGroupNormGrad, 16, 1024, 64, 16), kernels.FnSiLU),
	fn(op("groupnorm/one", kernels.OpGroupNorm, 1, 1024, 64, 16), kernels.FnSiLU), op("groupnormparamgrad", kernels.OpGroupNormParamGrad, 16, 64),
	op("layernorm", kernels.OpLayerNorm, rows, 64), op("layernormgrad", kernels.OpLayerNormGrad, rows, 64),
	op("upsample", kernels.OpUpsample, 16, 16, 16, 64, 2), op("pool", kernels.OpPool, 16, 16, 16, 64, 2),
	op("dropout", kernels.OpDropout, rows*64), op("sinusoid", kernels.OpSinusoid, 64, 64), op("scatterrows/few", kernels.OpScatterRows, rows, 64, 5),
	fn(op("unary", kernels.OpUnary, rows*64), kernels.FnSiLU), fn(op("unary", kernels.OpUnary, rows*64), kernels.FnGELU),
}

// place assigns consecutive offsets to the arguments and returns random contents.
func place(d *kernels.Desc) []float32 {
	spec, _ := kernels.SpecOf(d.Op)
	r := rand.New(rand.NewPCG(1, 2))
	var arena []float32
	for i, a := range spec.Args {
		if d.Arg[i] == kernels.Absent {
			continue
		}
		d.Arg[i] = int64(len(arena))
		for range (a.Len(d) + 63) / 64 * 64 {
			v := r.Float32()
			if a.Name == "counter" || a.Name == "count" || a.Name == "idx" || a.Name == "a" {
				v = float32(r.IntN(5))
			}
			arena = append(arena, v)
		}
	}
	return arena
}

func BenchmarkOps(b *testing.B) {
	peak, err := cpu.Peak(options())
	if err != nil {
		b.Fatal(err)
	}
	for _, w := range append(convs(), works...) {
		b.Run(w.name, func(b *testing.B) { w.run(b, peak) })
	}
}

// run measures an op and returns the rate of its best run in floating-point operations per
// second, or 0 if its work is not measured in flops.
func (w work) run(b *testing.B, peak float64) (rate float64) {
	arena := place(&w.desc)
	p := &kernels.Program{Name: w.name, Descs: []kernels.Desc{w.desc}, Arena: int64(len(arena))}
	backend, err := kernels.Open("cpu", options())
	if err != nil {
		b.Fatal(err)
	}
	defer backend.Close()
	run, err := backend.Compile(p)
	if err != nil {
		b.Fatal(err)
	}
	defer run.Close()
	buf, err := backend.Alloc(len(arena))
	if err != nil {
		b.Fatal(err)
	}
	defer buf.Close()
	if err := buf.Upload(0, arena); err != nil {
		b.Fatal(err)
	}
	seconds := math.Inf(1) // the best run: others may share the machine
	for b.Loop() {
		start := time.Now()
		if err := run.Run(buf, 1); err != nil {
			b.Fatal(err)
		}
		seconds = min(seconds, time.Since(start).Seconds())
	}
	spec, _ := kernels.SpecOf(w.desc.Op)
	b.ReportMetric(seconds*1e6, "best-µs")
	if spec.Flops != nil {
		rate = float64(spec.Flops(&w.desc)) / seconds
		b.ReportMetric(rate/1e9, "GFLOP/s")
		b.ReportMetric(100*rate/peak, "%peak")
	}
	b.ReportMetric(float64(4*len(arena))/seconds/1e9, "GB/s")
	return rate
}
