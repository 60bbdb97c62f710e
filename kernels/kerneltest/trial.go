package kerneltest

import (
	"math"
	"math/rand/v2"

	"github.com/gmel-go/gmel/kernels"
)

// Sizes around the edges of vectors, tiles and chunks.
var (
	small = []int64{1, 2, 5, 31, 33}
	long  = []int64{1, 2, 15, 16, 17, 31, 33, 100, kernels.Chunk - 1, kernels.Chunk, kernels.Chunk + 1, 3*kernels.Chunk + 77}
)

const (
	acc    = kernels.FlagAccumulate
	fnLast = kernels.FnGELU
)

const work = 1 << 16 // approximate number of terms of a trial

// trial is one op with its inputs.
type trial struct {
	desc  kernels.Desc
	fill  map[string]filler // by argument; standard normals otherwise
	alias map[string]string // argument -> the argument whose memory it shares
	// bound is the tolerated difference between ref in float32 and in float64, in units of
	// 2^-24 max(1, |value|); 0 for discrete results. See also terms.
	bound float64
	terms bool // the bound is in units of 2^-24 times the sum of |terms|

	arg [kernels.MaxArgs]span
}

type span struct{ from, to int64 }

type filler func(r *rand.Rand, x []float32)

func newTrial(op kernels.Op, dims ...int64) *trial {
	t := &trial{fill: map[string]filler{}, alias: map[string]string{}, bound: 8}
	t.desc.Op = op
	copy(t.desc.Dim[:], dims)
	return t
}

func (t *trial) spec() *kernels.Spec {
	s, ok := kernels.SpecOf(t.desc.Op)
	if !ok {
		panic("kerneltest: trial of an unknown op")
	}
	return s
}

// without leaves out optional arguments.
func (t *trial) without(names ...string) *trial {
	for _, n := range names {
		t.desc.Arg[t.index(n)] = kernels.Absent
	}
	return t
}

func (t *trial) index(name string) int {
	for i, a := range t.spec().Args {
		if a.Name == name {
			return i
		}
	}
	panic("kerneltest: " + t.spec().Name + " has no argument " + name)
}

func (t *trial) with(name string, f filler) *trial { t.fill[name] = f; return t }
func (t *trial) shares(name, other string) *trial  { t.alias[name] = other; return t }
func (t *trial) flags(f kernels.Flags) *trial      { t.desc.Flags |= f; return t }
func (t *trial) fn(f kernels.Fn) *trial            { t.desc.Fn = f; return t }
func (t *trial) within(bound float64) *trial       { t.bound = bound; return t }
func (t *trial) discrete() *trial                  { t.bound = 0; return t }
func (t *trial) ofTerms() *trial                   { t.terms = true; return t }
func (t *trial) seed(seed uint64, stream uint32) *trial {
	t.desc.Seed, t.desc.Stream = seed, stream
	return t
}

func (t *trial) scalars(v ...float32) *trial {
	copy(t.desc.Scalar[:], v)
	return t
}

// bench is an arena with many trials in it, each argument between guards.
type bench struct {
	trials  []*trial
	program kernels.Program
	arena   []float32
	guards  []int
	aligned bool // the next arguments begin on a multiple of lineLen
}

const (
	guardLen   = 19 // odd, so that arguments are not aligned where they need not be
	lineLen    = 16
	guardValue = -7.25e10
)

// newBench places the trials in one arena and fills it. The arguments of every second trial are aligned.
func newBench(trials []*trial, seed uint64) *bench {
	return newBenchOf(trials, seed, func(n int) bool { return n%2 == 1 })
}

// newBenchOf is newBench with the arguments of the trials aligned for which aligned(number) is true.
func newBenchOf(trials []*trial, seed uint64, aligned func(n int) bool) *bench {
	b := &bench{trials: trials}
	r := rand.New(rand.NewPCG(seed, 1))
	for n, t := range trials {
		b.aligned = aligned(n)
		b.guard()
		for i := range t.spec().Args {
			b.place(t, i, r)
		}
		b.program.Descs = append(b.program.Descs, t.desc)
	}
	b.program.Name = trials[0].spec().Name
	b.program.Arena = int64(len(b.arena))
	return b
}

func (b *bench) guard() {
	for range guardLen {
		b.guards = append(b.guards, len(b.arena))
		b.arena = append(b.arena, guardValue)
	}
}

func (b *bench) place(t *trial, i int, r *rand.Rand) {
	a := t.spec().Args[i]
	if t.desc.Arg[i] == kernels.Absent {
		return
	}
	if other, ok := t.alias[a.Name]; ok {
		t.arg[i] = t.arg[t.index(other)]
		t.desc.Arg[i] = t.arg[i].from
		return
	}
	for b.aligned && len(b.arena)%lineLen != 0 {
		b.arena = append(b.arena, guardValue)
	}
	x := make([]float32, a.Len(&t.desc))
	t.filler(i)(r, x)
	t.arg[i] = span{int64(len(b.arena)), int64(len(b.arena) + len(x))}
	t.desc.Arg[i] = t.arg[i].from
	b.arena = append(b.arena, x...)
	b.guard()
}

func constant(v float32) filler {
	return func(_ *rand.Rand, x []float32) {
		for i := range x {
			x[i] = v
		}
	}
}

func values(v ...float32) filler {
	return func(_ *rand.Rand, x []float32) {
		for i := range x {
			x[i] = v[i%len(v)]
		}
	}
}

func normal(std float64) filler {
	return func(r *rand.Rand, x []float32) {
		for i := range x {
			x[i] = float32(r.NormFloat64() * std)
		}
	}
}

func uniform(lo, hi float64) filler {
	return func(r *rand.Rand, x []float32) {
		for i := range x {
			x[i] = float32(lo + (hi-lo)*r.Float64())
		}
	}
}

// flagsOf draws 0 or 1. The last of every n is 1, so that every row has a legal entry.
func flagsOf(n int64) filler {
	return func(r *rand.Rand, x []float32) {
		for i := range x {
			x[i] = float32(r.IntN(2))
			if int64(i)%n == n-1 {
				x[i] = 1
			}
		}
	}
}

// indices draws indices below n and, now and then, one out of range.
func indices(n int64) filler {
	return func(r *rand.Rand, x []float32) {
		for i := range x {
			x[i] = float32(r.Int64N(n))
			switch r.IntN(23) {
			case 0:
				x[i] = float32(n)
			case 1:
				x[i] = -1
			case 2:
				x[i] = float32(math.NaN())
			}
		}
	}
}

// special fills with normal numbers and some numbers at the edges of float32.
func special(r *rand.Rand, x []float32) {
	inf := float32(math.Inf(1))
	edge := []float32{
		0, float32(math.Copysign(0, -1)), 1, -1, inf, -inf, float32(math.NaN()), 1e-45, -1e-45, 0x1p-126, 1e-39,
		math.MaxFloat32, -math.MaxFloat32, 88.7, 88.73, -87.33, -87.34, -103, 0.625, -0.625, 0.6249999, 0.5, -1e9, 1e-8,
	}
	normal(3)(r, x)
	for i := range x {
		if r.IntN(3) == 0 {
			x[i] = edge[r.IntN(len(edge))]
		}
	}
}

func counter(r *rand.Rand, x []float32) {
	x[0], x[1] = float32(r.IntN(1<<24)), float32(r.IntN(1<<24))
}
