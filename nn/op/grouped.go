package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gmel-go/gmel/kernels"
)

// grouped is the layout of a product in which each of A agents has its own weights. Two rows of an
// agent are rowStride rows apart. Interleaved data [B*A, K] has agent a in rows a, a+A, and so on;
// separate data [A, M, K] has the rows of an agent together.
type grouped struct {
	agents, m, k, n int
	interleaved     bool
}

// operand returns the leading dimension of a matrix with cols columns, and the stride between agents.
func (s *grouped) operand(cols int) (ld, stride int64) {
	if s.interleaved {
		return int64(s.agents * cols), int64(cols)
	}
	return int64(cols), int64(s.m * cols)
}

// shape is the shape of data with cols columns.
func (s *grouped) shape(cols int) tensor.Shape {
	if s.interleaved {
		return tensor.Shape{s.m * s.agents, cols}
	}
	return tensor.Shape{s.agents, s.m, cols}
}

// desc is the product of one layer, C[M,N] = A[M,K] B[K,N] for each agent.
func (s *grouped) desc(f Act) kernels.Desc {
	lda, strideA := s.operand(s.k)
	ldc, strideC := s.operand(s.n)
	d := kernels.Desc{Op: kernels.OpGemm, Fn: f.Fn, Scalar: [kernels.MaxScalars]float32{f.A, f.B}}
	d.Dim = [kernels.MaxDims]int64{int64(s.m), int64(s.n), int64(s.k), lda, int64(s.n), ldc, int64(s.agents), strideA, int64(s.k * s.n), strideC, int64(s.n)}
	return d
}

// GroupedLinear is f(x w[a] + b[a]) for each agent a, with weights w[A,K,N] and biases b[A,N] (nil
// for none). It is one gemm without copies. Either x is [B*A, K], the agents of a sample are
// consecutive rows and the result is [B*A, N]; or x is [A, M, K] and the result is [A, M, N].
func GroupedLinear(x, w, b *G.Node, f Act) *G.Node {
	if f.Fn != kernels.FnIdentity && !f.fromOutput() {
		return Apply(GroupedLinear(x, w, b, Identity), f)
	}
	s := groupedShape(x, w, b)
	k := &kernel{name: fmt.Sprintf("groupedlinear %s", f), out: []tensor.Shape{s.shape(s.n)}, wrt: []bool{true, true}}
	d := s.desc(f)
	k.lower = func(e Emitter, in, out []Val) {
		bias := None
		if len(in) == 3 {
			bias = in[2]
		}
		e.Emit(d, in[0], in[1], bias, None, out[0])
	}
	k.grad = func(in G.Nodes, y, dy *G.Node) G.Nodes {
		dz := applyGrad(f, nil, y, dy)
		g := G.Nodes{s.gradX(dz, in[1]), s.gradW(in[0], dz)}
		if len(in) == 3 {
			g = append(g, s.gradB(dz))
		}
		return g
	}
	if b == nil {
		return k.apply(x, w)
	}
	k.wrt = []bool{true, true, true}
	return k.apply(x, w, b)
}

func groupedShape(x, w, b *G.Node) *grouped {
	const want = "x[B*A,K] or [A,M,K], w[A,K,N], b[A,N]"
	xs, ws := x.Shape(), w.Shape()
	if ws.Dims() != 3 || xs.Dims() < 2 || xs.Dims() > 3 {
		fault("GroupedLinear", want, x, w, b)
	}
	s := &grouped{agents: ws[0], k: ws[1], n: ws[2], interleaved: xs.Dims() == 2}
	if s.agents < 1 || s.k < 1 {
		fault("GroupedLinear", want, x, w, b)
	}
	s.m = int(size(xs)) / (s.agents * s.k)
	if !same(xs, s.shape(s.k)) || b != nil && !same(b.Shape(), tensor.Shape{s.agents, s.n}) {
		fault("GroupedLinear", want, x, w, b)
	}
	return s
}

// gradX is dz w[a]^T.
func (s *grouped) gradX(dz, w *G.Node) *G.Node {
	ldx, strideX := s.operand(s.k)
	ldz, strideZ := s.operand(s.n)
	d := kernels.Desc{Op: kernels.OpGemm, Flags: kernels.FlagTransB}
	d.Dim = [kernels.MaxDims]int64{int64(s.m), int64(s.k), int64(s.n), ldz, int64(s.n), ldx, int64(s.agents), strideZ, int64(s.k * s.n), strideX}
	k := &kernel{name: "groupedgradx", out: []tensor.Shape{s.shape(s.k)}}
	k.lower = func(e Emitter, in, out []Val) { e.Emit(d, in[0], in[1], None, None, out[0]) }
	return k.apply(dz, w)
}

// gradW is x^T dz, [A,K,N].
func (s *grouped) gradW(x, dz *G.Node) *G.Node {
	ldx, strideX := s.operand(s.k)
	ldz, strideZ := s.operand(s.n)
	d := kernels.Desc{Op: kernels.OpGemm, Flags: kernels.FlagTransA}
	d.Dim = [kernels.MaxDims]int64{int64(s.k), int64(s.n), int64(s.m), ldx, ldz, int64(s.n), int64(s.agents), strideX, strideZ, int64(s.k * s.n)}
	k := &kernel{name: "groupedgradw", out: []tensor.Shape{{s.agents, s.k, s.n}}}
	k.lower = func(e Emitter, in, out []Val) { e.Emit(d, in[0], in[1], None, None, out[0]) }
	return k.apply(x, dz)
}

// gradB sums dz over the rows of each agent, [A,N]. Interleaved rows are one matrix [B, A*N].
func (s *grouped) gradB(dz *G.Node) *G.Node {
	rows, cols, times := s.m, s.n, s.agents
	if s.interleaved {
		cols, times = s.agents*s.n, 1
	}
	d := kernels.Desc{Op: kernels.OpSumCols, Dim: [kernels.MaxDims]int64{int64(rows), int64(cols), int64(cols)}}
	d.Scalar[0] = 1
	k := &kernel{name: "groupedgradb", out: []tensor.Shape{{s.agents, s.n}}}
	k.lower = func(e Emitter, in, out []Val) {
		for i := range int64(times) {
			e.Emit(d, e.Offset(in[0], i*int64(rows*cols)), e.Offset(out[0], i*int64(cols)))
		}
	}
	return k.apply(dz)
}
