package machine

import (
	"fmt"
	"slices"

	"gorgonia.org/tensor"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/op"
)

func desc(o kernels.Op, dims ...int64) kernels.Desc {
	d := kernels.Desc{Op: o}
	copy(d.Dim[:], dims)
	return d
}

// plane returns a tensor's rows and columns: the last dimension is the columns.
func plane(t Tensor) (rows, cols int64) {
	n := t.Len()
	if len(t.shape) == 0 {
		return 1, n
	}
	cols = int64(t.shape[len(t.shape)-1])
	if cols == 0 {
		return 0, 0
	}
	return n / cols, cols
}

// want panics unless a has n elements.
func (b *Builder) want(o kernels.Op, n int64, a Tensor, all ...Tensor) {
	if a.Len() != n {
		panic(fmt.Sprintf("machine: Program %q, %s: %s should have %d elements, among %v", b.name, o, a, n, all))
	}
}

// Draw says with which random numbers rows are drawn: those of (Seed, Stream) at Counter [2] for the rows from First on.
type Draw struct {
	Counter Tensor
	Seed    uint64
	Stream  uint32
	First   int
}

// Sample draws a[M] from the log-probabilities logp[M,U].
func (b *Builder) Sample(logp, a Tensor, by Draw) {
	m, n := plane(logp)
	b.want(kernels.OpSample, m, a, logp, a)
	d := desc(kernels.OpSample, m, n, int64(by.First))
	d.Seed, d.Stream = by.Seed, by.Stream
	b.Op(d, logp, by.Counter, a)
}

// ArgMax writes the index of the largest x[M,U] of each row into a[M].
func (b *Builder) ArgMax(x, a Tensor) {
	m, n := plane(x)
	b.want(kernels.OpArgMax, m, a, x, a)
	b.Op(desc(kernels.OpArgMax, m, n), x, a)
}

// RandInt fills y with random integers in [0, bound), where bound is the value of a tensor [1].
func (b *Builder) RandInt(bound, counter, y Tensor, seed uint64, stream uint32) {
	d := desc(kernels.OpRandInt, y.Len())
	d.Seed, d.Stream = seed, stream
	b.Op(d, bound, counter, y)
}

// Uniform fills y with uniform numbers from between[0] to between[1] by the random numbers of (seed, stream) at counter[2]; see kernels.OpUniform.
func (b *Builder) Uniform(counter, y Tensor, between [2]float32, seed uint64, stream uint32) {
	d := desc(kernels.OpUniform, y.Len())
	d.Seed, d.Stream, d.Scalar[0], d.Scalar[1] = seed, stream, between[0], between[1]
	b.Op(d, counter, y)
}

// Normal fills y with normal variables of mean 0 and deviation 1 by the random numbers of (seed, stream) at counter[2].
func (b *Builder) Normal(counter, y Tensor, seed uint64, stream uint32) {
	d := desc(kernels.OpNormal, y.Len())
	d.Seed, d.Stream, d.Scalar[1] = seed, stream, 1
	b.Op(d, counter, y)
}

// GatherRows reads y[M,N] = table[idx[M]]. A row holds all dimensions of table[R,...] but the first.
func (b *Builder) GatherRows(table, idx, y Tensor) {
	r, n := rows(table)
	b.want(kernels.OpGatherRows, idx.Len()*n, y, table, idx, y)
	b.Op(desc(kernels.OpGatherRows, idx.Len(), n, r), table, idx, y)
}

// ScatterRows writes x[M,N] into rows idx[M] of table[R,...].
func (b *Builder) ScatterRows(x, idx, table Tensor) {
	r, n := rows(table)
	b.want(kernels.OpScatterRows, idx.Len()*n, x, x, idx, table)
	b.Op(desc(kernels.OpScatterRows, idx.Len(), n, r), x, idx, table)
}

// rows returns a tensor as r rows of n floats; its first dimension counts the rows.
func rows(t Tensor) (r, n int64) {
	if len(t.shape) == 0 || t.shape[0] == 0 {
		return 1, t.Len()
	}
	return int64(t.shape[0]), t.Len() / int64(t.shape[0])
}

// Adam updates p, m and v from the gradient g[n]; see kernels.OpAdam. scale may be None.
func (b *Builder) Adam(p, g, m, v, state, scale Tensor, b1, b2, eps float32) {
	b.want(kernels.OpAdam, p.Len(), g, p, g)
	b.want(kernels.OpAdam, p.Len(), m, p, m)
	b.want(kernels.OpAdam, p.Len(), v, p, v)
	d := desc(kernels.OpAdam, p.Len())
	d.Scalar = [kernels.MaxScalars]float32{b1, b2, eps}
	b.Op(d, p, g, m, v, state, scale)
}

// AdamTick advances state[3] = (lr, b1^t, b2^t) by one step.
func (b *Builder) AdamTick(state Tensor, b1, b2 float32) {
	d := desc(kernels.OpAdamTick)
	d.Scalar = [kernels.MaxScalars]float32{b1, b2}
	b.Op(d, state)
}

// Polyak moves the target t[n] towards p[n]: t += tau (p - t).
func (b *Builder) Polyak(p, t Tensor, tau float32) {
	b.want(kernels.OpPolyak, p.Len(), t, p, t)
	d := desc(kernels.OpPolyak, p.Len())
	d.Scalar[0] = tau
	b.Op(d, p, t)
}

// SumSquares writes the sum of the squares of x into q[1].
func (b *Builder) SumSquares(x, q Tensor) {
	d := desc(kernels.OpSumAll, x.Len())
	d.Fn, d.Scalar[0] = kernels.FnSquare, 1
	b.Op(d, x, q)
}

// ClipScale computes, from the sum of squares q[1], the norm[1] and the factor scale[1] that clips
// the norm to limit.
func (b *Builder) ClipScale(q, norm, scale Tensor, limit float32) {
	d := desc(kernels.OpClipScale)
	d.Scalar[0] = limit
	b.Op(d, q, norm, scale)
}

// GAE writes generalised advantages into to. It reads rewards, values, values of the next
// observations and the ends of episodes. All are [T,...]; see kernels.OpGAE.
func (b *Builder) GAE(reward, value, next, ended, to Tensor, gamma, lambda float32) {
	t, m := rows(reward)
	for _, x := range []Tensor{value, next, ended, to} {
		b.want(kernels.OpGAE, reward.Len(), x, reward, value, next, ended, to)
	}
	d := desc(kernels.OpGAE, t, m)
	d.Scalar = [kernels.MaxScalars]float32{gamma, lambda}
	b.Op(d, reward, value, next, ended, to)
}

// Shuffle fills y from an endless sequence of random permutations of 0 to n-1. counter[2] is the
// position of y's first element in that sequence; see kernels.OpShuffle.
func (b *Builder) Shuffle(counter, y Tensor, n int, seed uint64, stream uint32) {
	d := desc(kernels.OpShuffle, y.Len(), int64(n))
	d.Seed, d.Stream = seed, stream
	b.Op(d, counter, y)
}

// Moments writes the mean and the standard deviation of the first count[1] rows of x[R,N] into y[2].
// The weights w (0 or 1) may be None.
func (b *Builder) Moments(x, w, count, y Tensor) {
	r, n := rows(x)
	b.Op(desc(kernels.OpMoments, r, n), x, w, count, y)
}

// Count adds by to counter[2].
func (b *Builder) Count(counter Tensor, by int) { b.Op(desc(kernels.OpCount, int64(by)), counter) }

// Slot holds the tensors that [Builder.Step] exchanges with an environment; see [kernels.Slot].
type Slot struct {
	Act, Obs, Mask, NextObs, NextMask, Reward, Active, Ended Tensor
}

// Step plays one slot of an environment.
func (b *Builder) Step(env kernels.Environment, s Slot) {
	at := slices.Index(b.environments, env)
	if at < 0 {
		at = len(b.environments)
		b.environments = append(b.environments, env)
	}
	b.Op(kernels.StepOf(at, env), s.Act, s.Obs, s.Mask, s.NextObs, s.NextMask, s.Reward, s.Active, s.Ended)
}

// Copy writes x into y, which has the same number of elements.
func (b *Builder) Copy(x, y Tensor) {
	b.want(kernels.OpCopy, x.Len(), y, x, y)
	b.Op(copyDesc(x.Len()), x, y)
}

// Fill sets every element of y to c.
func (b *Builder) Fill(y Tensor, c float32) { b.Op(fillDesc(y.Len(), c), y) }

// CheckFinite writes 1 into y[1] if every element of x is finite, otherwise 0. With accumulate it
// keeps an earlier 0.
func (b *Builder) CheckFinite(x, y Tensor, accumulate bool) {
	d := desc(kernels.OpCheckFinite, x.Len())
	if accumulate {
		d.Flags |= kernels.FlagAccumulate
	}
	b.Op(d, x, y)
}

// Unary writes f(x) into y of the same size; y may be x.
func (b *Builder) Unary(f op.Act, x, y Tensor) {
	b.want(kernels.OpUnary, x.Len(), y, x, y)
	d := desc(kernels.OpUnary, x.Len())
	d.Fn, d.Scalar[0], d.Scalar[1] = f.Fn, f.A, f.B
	b.Op(d, x, y)
}

// Binary writes a (bin) c into y. It reads an operand of y's size element by element and broadcasts
// a single element. If y is a matrix, it broadcasts a row [N] or [1,N] and a column [M,1] too.
// y may be a.
func (b *Builder) Binary(bin kernels.Bin, a, c, y Tensor) {
	m, n := plane(y)
	d, ok := op.BinaryDesc(bin, operand(a, y), operand(c, y), tensor.Shape{int(m), int(n)})
	if !ok {
		panic(fmt.Sprintf("machine: Program %q, %s: shapes %s, %s -> %s do not fit", b.name, bin, a, c, y))
	}
	b.Op(d, a, c, y)
}

// operand is the shape of a that Binary uses if the result y is seen as a matrix.
func operand(a, y Tensor) tensor.Shape {
	m, n := plane(y)
	switch {
	case a.Len() == y.Len():
		return tensor.Shape{int(m), int(n)}
	case a.Len() == 1:
		return tensor.Shape{}
	}
	return a.Shape()
}
