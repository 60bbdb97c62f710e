package copies

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// place is a float of the arena, or of the local memory of an iteration.
type place struct{ at, iteration int64 }

// value is what a place held after the nth write.
type value struct {
	place
	n int
}

// device plays a Program in the order of a device: every op of a loop over all iterations, or iterations in order where they depend on each
// other. It knows of each number when it was written, and of each number in the memory of copies of what it is a copy.
type device struct {
	plan   *Plan
	writes int
	memory map[place]int
	copies map[int64]value // by bf16
	reads  int
}

func (d *device) now(m matrix, line, column, iteration int64) value {
	p := place{at: m.from + iteration*m.iteration + line*m.pitch + column}
	if m.from >= kernels.LocalBase {
		p.iteration = iteration
	}
	return value{p, d.memory[p]}
}

// elements calls f for the elements of m in an iteration and their places in a copy at `at`.
func elements(m matrix, at int64, f func(line, column, copied int64)) {
	for line := range m.lines {
		for column := range m.width {
			f(line, column, 2*at+line*up(m.width, 8)+column)
		}
	}
}

func (d *device) run() error {
	p := d.plan.Program
	inOrder, casts := []uint8(nil), d.plan.Casts
	if p.Steps != nil {
		inOrder = p.InOrder()
	}
	for _, s := range stretchesOf(p) {
		first := s.from
		if s.loop >= 0 {
			first = s.loop
		}
		rounds, each := int64(1), s.iterations()
		if s.loop >= 0 && inOrder[s.loop] != 0 {
			rounds, each = each, 1
		}
		for round := range rounds {
			for op := s.from; op < s.to; op++ {
				for ; len(casts) > 0 && (casts[0].Before == int64(op) && s.loop < 0 || casts[0].Before == int64(first)); casts = casts[1:] {
					d.cast(casts[0])
				}
				for i := range each {
					if err := d.play(s, op, round*each+i); err != nil {
						return err
					}
				}
			}
		}
	}
	if len(casts) > 0 {
		return fmt.Errorf("the cast %+v is at no op", casts[0])
	}
	return nil
}

func (d *device) cast(c Cast) {
	m := matrix{from: c.From, lines: c.Lines, width: c.Width, pitch: c.Pitch}
	elements(m, c.To, func(line, column, copied int64) { d.copies[copied] = d.now(m, line, column, 0) })
}

// play checks what an op reads of copies, and writes.
func (d *device) play(s stretch, op int, iteration int64) error {
	desc, step := &s.p.Descs[op], s.step(op)
	var err error
	for arg := left; arg <= right && desc.Op == kernels.OpGemm; arg++ {
		m, _, _ := s.matrixOf(op, arg)
		at := desc.Arg[LeftCopy+arg]
		if at == 0 {
			continue
		}
		d.reads++
		elements(m, at+iteration*step.Iteration[LeftCopy+arg], func(line, column, copied int64) {
			if got, want := d.copies[copied], d.now(m, line, column, iteration); got != want {
				err = fmt.Errorf("op %d, iteration %d, factor %d [%d, %d] has a copy of %+v, want %+v", op, iteration, arg, line, column, got, want)
			}
		})
	}
	d.writes++
	for _, w := range s.written(op) {
		for i := range w.Length {
			d.memory[d.now(matrix{from: w.From + i, iteration: w.Iteration}, 0, 0, iteration).place] = d.writes
		}
	}
	if desc.Op == kernels.OpGemm && desc.Arg[ResultCopy] != 0 {
		m, _, _ := s.matrixOf(op, result)
		elements(m, desc.Arg[ResultCopy]+iteration*step.Iteration[ResultCopy], func(line, column, copied int64) {
			d.copies[copied] = d.now(m, line, column, iteration)
		})
	}
	return err
}

// Sizes of random Programs: matrices of n x n, of which some are the same in all iterations.
const (
	n          = 8
	square     = n * n
	iterations = 5
	kinds      = 4 // matrices of each kind
	moving     = kinds * square
)

// randomProgram multiplies and overwrites matrices of all kinds, in loops and outside.
func randomProgram(r *rand.Rand) *kernels.Program {
	p := &kernels.Program{Name: "random", Arena: moving + kinds*square*iterations, Local: kinds * square}
	add := func(d kernels.Desc, s kernels.Step) { p.Descs, p.Steps = append(p.Descs, d), append(p.Steps, s) }
	for range 4 {
		inside := r.IntN(3) > 0
		ops := 1 + r.IntN(12)
		if inside {
			add(kernels.Desc{Op: kernels.OpLoop, Dim: [kernels.MaxDims]int64{int64(ops), iterations, 1}}, kernels.Step{})
		}
		for range ops {
			add(randomOp(r, inside))
		}
	}
	return p
}

// randomPlace is a matrix and how it moves in a loop.
func randomPlace(r *rand.Rand, inside bool, kind int) (at, moves int64) {
	which := int64(r.IntN(kinds))
	switch {
	case kind == 0:
		return which * square, 0
	case kind == 1 && inside:
		return kernels.LocalBase + which*square, 0
	case inside:
		return moving + which*square*iterations, square
	}
	return moving + which*square*iterations, 0
}

func randomOp(r *rand.Rand, inside bool) (d kernels.Desc, s kernels.Step) {
	kind := 1 + r.IntN(2)
	if r.IntN(12) == 0 {
		kind = 0
	}
	if r.IntN(6) == 0 { // a part of a matrix
		d.Op, d.Dim[0] = kernels.OpFill, int64(1+r.IntN(square))
		d.Arg[0], s.Iteration[0] = randomPlace(r, inside, kind)
		return d, s
	}
	d = kernels.Desc{Op: kernels.OpGemm, Dim: [kernels.MaxDims]int64{n, n, n, n, n, n, 1}}
	d.Flags = kernels.Flags(r.IntN(2))*kernels.FlagAccumulate | kernels.Flags(r.IntN(4))*kernels.FlagTransA
	d.Arg[2], d.Arg[3] = kernels.Absent, kernels.Absent
	d.Arg[left], s.Iteration[left] = randomPlace(r, inside, r.IntN(3))
	d.Arg[right], s.Iteration[right] = randomPlace(r, inside, r.IntN(3))
	d.Arg[result], s.Iteration[result] = randomPlace(r, inside, kind)
	if inside && kind == 0 {
		s.Sum = 1
	}
	return d, s
}

// Whenever a product reads a copy, it is a copy of what the matrix holds at this time.
func TestCopiesAreUpToDate(t *testing.T) {
	reads, results, casts := 0, 0, 0
	for seed := range uint64(400) {
		p := randomProgram(rand.New(rand.NewPCG(seed, 1)))
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		d := &device{plan: Of(p, 0), memory: map[place]int{}, copies: map[int64]value{}}
		if err := d.run(); err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, p)
		}
		for at := range d.copies {
			if at < 2*line || at >= 2*d.plan.Floats {
				t.Fatalf("seed %d: a copy at %d, outside of %d numbers", seed, at, 2*d.plan.Floats)
			}
		}
		reads, casts = reads+d.reads, casts+len(d.plan.Casts)
		for i := range d.plan.Program.Descs {
			if q := &d.plan.Program.Descs[i]; q.Op == kernels.OpGemm && q.Arg[ResultCopy] != 0 {
				results++
			}
		}
	}
	if reads < 1000 || results < 100 || casts < 100 {
		t.Errorf("only %d reads of copies, %d of results and %d casts", reads, results, casts)
	}
}
