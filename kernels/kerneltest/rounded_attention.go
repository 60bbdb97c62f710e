package kerneltest

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// halfUnit is the largest relative error of a rounding to a precision.
var halfUnit = map[string]float64{kernels.TF32: 0x1p-11, kernels.BF16: 0x1p-8}

// fp32Error bounds the relative error of sums and exponentials in float32, in any order, per unit of a score's terms.
const fp32Error = 0x1p-18

// runRoundedAttention tests attention and its gradient in a precision that rounds factors. Results must be within bounds of
// float64 (see attentionCase), and the same bits with every instruction set and in a loop over the batch.
func runRoundedAttention(t *testing.T, name, precision string, isas []string) {
	b := newRoundedAttention(math.MaxInt)
	want := b.resultOn(t, name, kernels.Options{ISA: isas[0], Precision: precision})
	for _, fault := range b.attentionFaults(precision, want) {
		t.Error(fault)
	}
	for _, isa := range isas[1:] {
		b.compare(t, name, kernels.Options{ISA: isa, Precision: precision}, want)
	}
	small := newBenchOf(roundedAttention(1, 1, []int64{5, 7, 2, 16}), 1, aligned)
	small.overBatch().compare(t, name, kernels.Options{Precision: precision}, small.resultOn(t, name, kernels.Options{Precision: precision}))
	other := newBenchOf(append(roundedAttention(0, 1, []int64{2, 9, 2, 16}), roundedAttention(0, 1, []int64{2, 9, 2, 24})...), 1, unaligned)
	other.compare(t, name, kernels.Options{Precision: precision}, other.reference(t))
}

func aligned(int) bool   { return true }
func unaligned(int) bool { return false }

// newRoundedAttention has attention and its gradient in all shapes that devices may treat differently, of at most so many
// agents, aligned.
func newRoundedAttention(most int64) *bench {
	var all []*trial
	for i, n := range []int64{1, 7, 8, 16, 30, 33, 64, 100, 257} {
		for j, d := range []int64{16, 32, 64, 16} {
			if n <= most {
				all = append(all, roundedAttention(i+j, 1, []int64{1 + 2/(1+n/32), n, 1 + 2/(1+n/20), d})...)
			}
		}
	}
	all = append(all, roundedAttention(1, 30, []int64{1, 40, 2, 32})...) // so large that the softmax saturates
	all = append(all, roundedAttention(4, 30, []int64{1, 70, 2, 16})...)
	all = append(all, roundedAttention(0, 1, []int64{9, 17, 4, 16})...) // the penalty has more parts than a warp has lanes
	b := newBenchOf(all, 1, aligned)
	b.program.Name = "attention"
	return b
}

// overBatch is the bench with a loop over the batch around every op.
func (b *bench) overBatch() *bench {
	c := *b
	c.program.Descs = nil
	for _, t := range b.trials {
		header, part := kernels.Desc{Op: kernels.OpLoop}, t.desc
		header.Dim[kernels.LoopBody], header.Dim[kernels.LoopIterations], header.Dim[kernels.LoopSegments] = 1, part.Dim[0], 1
		part.Dim[0] = 1
		var step kernels.Step
		for a, arg := range t.spec().Args {
			if t.desc.Arg[a] != kernels.Absent {
				step.Iteration[a] = arg.Len(&part)
			}
		}
		c.program.Descs = append(c.program.Descs, header, part)
		c.program.Steps = append(c.program.Steps, kernels.Step{}, step)
	}
	return &c
}

// roundedAttention is attention and its gradient, with queries of a standard deviation. Pairs with four numbers in a row have
// all options.
func roundedAttention(number int, std float64, size []int64) (pair []*trial) {
	for op, penalty := range penaltyOf {
		t := newTrial(op, size...).scalars(0.5).with("q", normal(std))
		if t.spec().Accumulates {
			t.flags(kernels.Flags(number/2%2) * acc)
		}
		if number%2 == 1 {
			t.without(penalty).flags(kernels.Flags(number/2%2) * kernels.FlagSelf)
		}
		pair = append(pair, t)
	}
	slices.SortFunc(pair, func(a, b *trial) int { return int(a.desc.Op) - int(b.desc.Op) })
	return pair
}

// resultOn is the arena after a run on a backend.
func (b *bench) resultOn(t *testing.T, name string, o kernels.Options) []float32 {
	t.Helper()
	backend, err := kernels.Open(name, o)
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	s, err := b.open(backend)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	got, err := s.result()
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// attentionFaults lists results of attention outside of their bounds, at most one for each trial.
func (b *bench) attentionFaults(precision string, got []float32) (faults []string) {
	for _, t := range b.trials {
		if fault := newAttentionCase(b, t, precision).fault(got); fault != "" {
			faults = append(faults, fmt.Sprintf("%s of %s: %s", precision, t, fault))
		}
	}
	for _, i := range b.guards {
		if got[i] != guardValue {
			faults = append(faults, b.locate(i)+" is overwritten")
		}
	}
	return faults
}

// attentionCase is attention of a trial in float64, one head after the other, with q, k, v and dx rounded as devices do. What
// is left of a device's error is the second rounding, of weights w and slopes ds as factors, and float32:
//
//	dx.v, q.k   exact products, sums in float32
//	x, dv       halfUnit of the sum of |terms|, and the error of w: fp32Error (1 + a), a the largest sum of |q.k| / sqrt D in the row
//	dq, dk      halfUnit of the sum of |terms|, and the error of ds: fp32Error (1 + a) (w (|dx|.|v| + their mean) / sqrt D + |penalty|)
type attentionCase struct {
	t              *trial
	b, n, h, d     int
	arena          []float32
	round          func(x float32) float32
	unit           float64
	w, ds, dsError []float64 // [N, N] of a head: weights, slopes, error of slopes
	a              []float64 // [N]
	squares        float64   // of all scores with others
	penaltyFactor  float64
	dPenalty       float64 // factor of a score in its slope
}

func newAttentionCase(b *bench, t *trial, precision string) *attentionCase {
	d := t.desc.Dim
	c := &attentionCase{t: t, b: int(d[0]), n: int(d[1]), h: int(d[2]), d: int(d[3]), arena: b.arena, unit: halfUnit[precision]}
	c.round = func(x float32) float32 { return Rounded(precision, x) }
	c.w, c.ds, c.dsError, c.a = make([]float64, c.n*c.n), make([]float64, c.n*c.n), make([]float64, c.n*c.n), make([]float64, c.n)
	if pairs := c.b * c.h * c.n * (c.n - 1); pairs > 0 {
		c.penaltyFactor = float64(t.desc.Scalar[0]) / float64(pairs)
	}
	if t.desc.Op == kernels.OpAttentionGrad && t.desc.Arg[7] != kernels.Absent {
		c.dPenalty = 2 * c.penaltyFactor * float64(b.arena[t.arg[7].from]) / math.Sqrt(float64(c.d))
	}
	return c
}

// head is an argument of one head as a matrix [N, D]; rounded if it is a factor.
func (c *attentionCase) head(from []float32, arg, pair int, factor bool) []float64 {
	x := make([]float64, c.n*c.d)
	for i := range c.n {
		for k := range c.d {
			y := from[c.t.arg[arg].from+int64(((pair/c.h*c.n+i)*c.h+pair%c.h)*c.d+k)]
			if factor {
				y = c.round(y)
			}
			x[i*c.d+k] = float64(y)
		}
	}
	return x
}

// fault compares all results with float64 and describes the first that is wrong.
func (c *attentionCase) fault(got []float32) string {
	grad := c.t.desc.Op == kernels.OpAttentionGrad
	c.squares = 0
	for pair := range c.b * c.h {
		q, k, v := c.head(c.arena, 0, pair, true), c.head(c.arena, 1, pair, true), c.head(c.arena, 2, pair, true)
		dx := make([]float64, len(q))
		if grad {
			dx = c.head(c.arena, 3, pair, true)
		}
		for i := range c.n {
			c.row(i, q, k, v, dx)
		}
		for arg, y := range c.results(grad, q, k, v, dx) {
			if fault := c.compare(got, arg, pair, y); fault != "" {
				return fault
			}
		}
	}
	if want := c.squares * c.penaltyFactor; !grad && c.t.desc.Arg[4] != kernels.Absent && !near(got[c.t.arg[4].from], want, fp32Error*4*want) {
		return fmt.Sprintf("penalty: got %g, float64 %g", got[c.t.arg[4].from], want)
	}
	return ""
}

// row computes row i of the weights and of the slopes.
func (c *attentionCase) row(i int, q, k, v, dx []float64) {
	root, top, sum, t, mean := math.Sqrt(float64(c.d)), math.Inf(-1), 0.0, 0.0, 0.0
	s, dw, terms := make([]float64, c.n), make([]float64, c.n), make([]float64, c.n)
	c.a[i] = 0
	for j := range c.n {
		var large float64
		for x := range c.d {
			s[j] += q[i*c.d+x] * k[j*c.d+x] / root
			large += math.Abs(q[i*c.d+x]*k[j*c.d+x]) / root
			dw[j] += dx[i*c.d+x] * v[j*c.d+x]
			terms[j] += math.Abs(dx[i*c.d+x] * v[j*c.d+x])
		}
		if j != i || c.t.desc.Has(kernels.FlagSelf) {
			top, c.a[i], c.squares = max(top, s[j]), max(c.a[i], large), c.squares+s[j]*s[j]
		}
	}
	w := c.w[i*c.n:][:c.n]
	for j := range w {
		w[j] = 0
		if j != i || c.t.desc.Has(kernels.FlagSelf) {
			w[j] = math.Exp(s[j] - top)
		}
		sum += w[j]
	}
	for j := range w {
		w[j] /= max(sum, 1) // the largest is 1; without others the sum is 0
		t, mean = t+w[j]*dw[j], mean+w[j]*terms[j]
	}
	for j := range w {
		var penalty float64
		if j != i {
			penalty = s[j] * c.dPenalty
		}
		c.ds[i*c.n+j] = w[j]*(dw[j]-t)/root + penalty
		c.dsError[i*c.n+j] = fp32Error * (1 + c.a[i]) * (w[j]*(terms[j]+mean)/root + math.Abs(penalty))
	}
}

// bounded are results of a head with their bounds, [N, D].
type bounded struct{ value, limit []float64 }

// results are the results of a head by argument.
func (c *attentionCase) results(grad bool, q, k, v, dx []float64) map[int]bounded {
	weights := func(i, j int) (float64, float64) {
		w := c.w[i*c.n+j]
		return w, w * (c.unit + fp32Error*(1+c.a[i]))
	}
	slopes := func(i, j int) (float64, float64) {
		ds := c.ds[i*c.n+j]
		return ds, math.Abs(ds)*(c.unit+fp32Error) + c.dsError[i*c.n+j]
	}
	turned := func(f func(i, j int) (float64, float64)) func(i, j int) (float64, float64) {
		return func(i, j int) (float64, float64) { return f(j, i) }
	}
	if !grad {
		return map[int]bounded{3: c.product(weights, v)}
	}
	return map[int]bounded{4: c.product(slopes, k), 5: c.product(turned(slopes), q), 6: c.product(turned(weights), dx)}
}

// product is the sum over j of f(i, j) y_j, where f returns a factor and its error.
func (c *attentionCase) product(f func(i, j int) (float64, float64), y []float64) bounded {
	z := bounded{make([]float64, c.n*c.d), make([]float64, c.n*c.d)}
	for i := range c.n {
		for j := range c.n {
			x, limit := f(i, j)
			for k := range c.d {
				z.value[i*c.d+k] += x * y[j*c.d+k]
				z.limit[i*c.d+k] += limit * math.Abs(y[j*c.d+k])
			}
		}
	}
	return z
}

// compare describes the first number of a result that is out of its bounds.
func (c *attentionCase) compare(got []float32, arg, pair int, want bounded) string {
	x, old := c.head(got, arg, pair, false), make([]float64, c.n*c.d)
	if c.t.desc.Has(kernels.FlagAccumulate) {
		old = c.head(c.arena, arg, pair, false)
	}
	for i := range x {
		limit := want.limit[i] + fp32Error*math.Abs(old[i])
		if math.IsNaN(x[i]) || math.Abs(x[i]-old[i]-want.value[i]) > limit {
			return fmt.Sprintf("%s of head %d, agent %d, number %d: got %g, float64 %g, off by more than %g",
				c.t.spec().Args[arg].Name, pair, i/c.d, i%c.d, x[i], old[i]+want.value[i], limit)
		}
	}
	return ""
}

// TrialsOfRoundedAttention runs attention and its gradient in a precision that rounds factors on a backend, and requires the
// same bits again.
func TrialsOfRoundedAttention(t *testing.T, name, precision string) *Trials {
	b := newRoundedAttention(math.MaxInt)
	return &Trials{b, b.resultOn(t, name, kernels.Options{Precision: precision})}
}
