package share_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/kernels/share"
)

// sample is a Program with all that a loop can write: values of items, sums of segments, sums of iterations. A loop over
// the remaining items and ops outside of loops read them, and a second loop with other segments does.
type sample struct {
	p          kernels.Program
	arena      []float32
	persistent int64
}

const tile, width = 3, 5 // rows of an iteration, floats of a row

func newSample(iterations, segments int64) *sample {
	s := &sample{}
	rows := (iterations + 1) * tile // one more iteration, in a loop of its own
	x, total, count, last, wide := s.place(rows*width, false), s.place(width, false), s.place(1, false), s.place(width, false), s.place(2*width, false)
	s.persistent = int64(len(s.arena))
	y, z := s.place(rows*width, true), s.place(rows*2*width, true)
	parts, each, parts2 := s.place((segments+1)*width, true), s.place(iterations, true), s.place(iterations*width, true)
	s.loop(6, iterations, segments)
	s.body(x, y, 1)
	for _, column := range []int64{width, 0} { // two results side by side
		s.op(kernels.OpCopy, []int64{tile, width, width, 2 * width}, []int64{kernels.LocalBase, z + column}, kernels.Step{Iteration: at(1, 2*tile*width)})
	}
	s.op(kernels.OpSumCols, []int64{tile, width, width}, []int64{kernels.LocalBase, parts}, kernels.Step{Segment: at(1, width), Sum: 1})
	s.op(kernels.OpSumAll, []int64{tile * width}, []int64{kernels.LocalBase, each}, kernels.Step{Iteration: at(1, 1)})
	rest := iterations * tile * width
	s.loop(3, 1, 1)
	s.body(x+rest, y+rest, 0)
	s.op(kernels.OpSumCols, []int64{tile, width, width}, []int64{kernels.LocalBase, parts + segments*width}, kernels.Step{})
	s.sum(segments+1, width, parts, total)
	s.sum(iterations, 1, each, count)
	s.sum(iterations*tile, 2*width, z, wide)
	s.loop(1, iterations, iterations)
	s.op(kernels.OpSumCols, []int64{tile, width, width}, []int64{y, parts2}, kernels.Step{Iteration: at(0, tile*width), Segment: at(1, width), Sum: 1})
	s.sum(iterations, width, parts2, last)
	s.sum(rows, width, y, last)
	s.p.Descs[len(s.p.Descs)-1].Flags = kernels.FlagAccumulate
	s.op(kernels.OpUnary, []int64{rows * width}, []int64{x, x}, kernels.Step{}) // so that a second run has other numbers
	s.p.Descs[len(s.p.Descs)-1].Fn = kernels.FnSquare
	s.p.Name, s.p.Arena, s.p.Local = "sample", int64(len(s.arena)), tile*width
	return s
}

// place appends n floats to the arena: numbers of different sizes, or NaN for a result.
func (s *sample) place(n int64, result bool) int64 {
	begin := len(s.arena)
	for i := range n {
		v := math.Sin(float64(begin)+float64(i)) * math.Pow(10, float64(i*7%3-1))
		if result {
			v = math.NaN()
		}
		s.arena = append(s.arena, float32(v))
	}
	return int64(begin)
}

func at(arg int, by int64) (steps [kernels.MaxArgs]int64) {
	steps[arg] = by
	return steps
}

func (s *sample) op(op kernels.Op, dims, args []int64, step kernels.Step) {
	d := kernels.Desc{Op: op}
	for i := range d.Arg {
		d.Arg[i] = kernels.Absent
	}
	copy(d.Dim[:], dims)
	copy(d.Arg[:], args)
	d.Scalar[0] = 1
	s.p.Descs, s.p.Steps = append(s.p.Descs, d), append(s.p.Steps, step)
}

func (s *sample) loop(body, iterations, segments int64) {
	s.op(kernels.OpLoop, []int64{body, iterations, segments}, nil, kernels.Step{})
}

// body writes the squares of x into local memory and into y.
func (s *sample) body(x, y, moves int64) {
	by := moves * tile * width
	s.op(kernels.OpUnary, []int64{tile * width}, []int64{x, kernels.LocalBase}, kernels.Step{Iteration: at(0, by)})
	s.p.Descs[len(s.p.Descs)-1].Fn = kernels.FnSquare
	s.op(kernels.OpCopy, []int64{tile, width, width, width}, []int64{kernels.LocalBase, y}, kernels.Step{Iteration: at(1, by)})
}

func (s *sample) sum(rows, columns, x, y int64) {
	s.op(kernels.OpSumCols, []int64{rows, columns, columns}, []int64{x, y}, kernels.Step{})
}

// run runs the shares of all ranks twice, and returns their arenas.
func (s *sample) run(t *testing.T, backend string, ranks int) [][]float32 {
	t.Helper()
	group := comm.NewGroup(ranks, 0)
	arenas, errs := make([][]float32, ranks), make([]error, ranks)
	var all sync.WaitGroup
	for r := range ranks {
		all.Go(func() {
			if arenas[r], errs[r] = s.runRank(backend, group.Rank(r)); errs[r] != nil {
				group.Abort(errs[r])
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return arenas
}

func (s *sample) runRank(name string, c comm.Comm) ([]float32, error) {
	backend, err := kernels.Open(name, kernels.Options{Threads: threads(name)})
	if err != nil {
		return nil, err
	}
	defer backend.Close()
	part, err := share.Of(&s.p, s.persistent, c.Rank(), c.Size())
	if err != nil {
		return nil, err
	}
	run, err := part.Compile(backend, c)
	if err != nil {
		return nil, err
	}
	arena := make([]float32, part.Arena())
	for i := range arena {
		arena[i] = float32(math.NaN())
	}
	copy(arena, s.arena)
	b, err := backend.Alloc(len(arena))
	if err != nil {
		return nil, err
	}
	return arena, errors.Join(b.Upload(0, arena), run.Run(b, 2), b.Download(arena, 0), run.Close(), b.Close())
}

// compare runs the whole Program, which is the oracle, and the shares of all ranks.
func (s *sample) compare(t *testing.T, ranks ...int) {
	t.Helper()
	want := slices.Clone(s.arena)
	for range 2 {
		if err := ref.Run(&s.p, want); err != nil {
			t.Fatal(err)
		}
	}
	for _, backend := range kernels.Backends() {
		for _, n := range ranks {
			for r, got := range s.run(t, backend, n) {
				if i := differ(got[:s.persistent], want[:s.persistent]); i >= 0 {
					t.Errorf("%s, rank %d of %d: float %d is %g, want %g", backend, r, n, i, got[i], want[i])
				}
			}
		}
	}
}

// threads is the number of threads of a rank; the reference and emulated devices have one.
func threads(backend string) int {
	if backend == "cpu" {
		return 2
	}
	return 0
}

// 37 and 300 iterations have segments of different lengths; with 300 a sum has more rows
// than a chunk of OpSumCols.
func TestRanksHaveTheBitsOfOne(t *testing.T) {
	for _, n := range [][2]int64{{2, 2}, {5, 2}, {7, 3}, {16, 16}, {37, 16}, {300, 16}} {
		t.Run(fmt.Sprintf("%d iterations, %d segments", n[0], n[1]), func(t *testing.T) {
			newSample(n[0], n[1]).compare(t, 1, 2, 3, 5, 8, 16, 20)
		})
	}
}

// Memory of rows is used again after their sum, or a row is changed before it.
func TestRowsThatChange(t *testing.T) {
	for _, x := range []struct {
		before bool
		want   []string
	}{{true, []string{"block of 4x1 ", ""}}, {false, []string{"sum 2x1 ", ""}}} {
		s := &sample{}
		x0, y, z := s.place(8, false), s.place(1, false), s.place(1, false)
		s.persistent = int64(len(s.arena))
		parts := s.place(4, true)
		fill := func(at, n int64) { s.op(kernels.OpFill, []int64{n}, []int64{at}, kernels.Step{}) }
		s.loop(1, 8, 4)
		s.op(kernels.OpSumAll, []int64{1}, []int64{x0, parts}, kernels.Step{Iteration: at(0, 1), Segment: at(1, 1), Sum: 1})
		if x.before {
			fill(parts+2, 1)
		}
		s.sum(4, 1, parts, y)
		fill(parts, 4)
		s.sum(4, 1, parts, z)
		s.p.Name, s.p.Arena = "rows", int64(len(s.arena))
		s.compare(t, 2, 3, 16)
		part, err := share.Of(&s.p, s.persistent, 1, 2)
		if err != nil {
			t.Fatal(err)
		}
		if got := stages(part); !slices.Equal(got, x.want) {
			t.Errorf("a row changed before the sum: %t: %q, want %q", x.before, got, x.want)
		}
	}
}

func differ(got, want []float32) int {
	for i, x := range want {
		if math.Float32bits(got[i]) != math.Float32bits(x) {
			return i
		}
	}
	return -1
}

// stages describes the exchanges of a share.
func stages(s *share.Share) (text []string) {
	for _, x := range s.Stages {
		line := ""
		for _, k := range x.Sums {
			line += fmt.Sprintf("sum %dx%d ", k.Rows, k.Width)
		}
		for _, k := range x.Blocks {
			line += fmt.Sprintf("block of %dx%d ", k.Ends[len(k.Ends)-1], k.Length)
		}
		text = append(text, line)
	}
	return text
}

// What is exchanged: sums with one row per segment or iteration, and the values of items, which are read later.
func TestExchanges(t *testing.T) {
	for _, x := range []struct {
		iterations, segments int64
		want                 []string
	}{
		{16, 16, []string{"sum 8x6 block of 16x15 block of 16x25 block of 16x25 ", "sum 8x5 ", ""}},
		{8, 4, []string{"sum 2x5 sum 4x1 block of 8x15 block of 8x25 block of 8x25 ", "sum 4x5 ", ""}},
	} {
		s := newSample(x.iterations, x.segments)
		part, err := share.Of(&s.p, s.persistent, 1, 2)
		if err != nil {
			t.Fatal(err)
		}
		if got := stages(part); !slices.Equal(got, x.want) {
			t.Errorf("%d iterations, %d segments: %q, want %q", x.iterations, x.segments, got, x.want)
		}
		// Two ranks write 3 blocks of items; those with gaps end before the last gap.
		items := x.iterations * tile * width
		if summed, gathered := part.Floats(); summed != 2*width+1 || gathered != items+2*(2*items-2*width) {
			t.Errorf("%d iterations: %d floats are summed and %d gathered", x.iterations, summed, gathered)
		}
	}
}

// A rank executes its iterations of a divided loop only.
func TestLoopsAreDivided(t *testing.T) {
	s := newSample(37, 16)
	for _, ranks := range []int{2, 5, 16} {
		var sum int64
		for r := range ranks {
			part, err := share.Of(&s.p, s.persistent, r, ranks)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range part.Stages[0].Program.Descs {
				if d.Op == kernels.OpLoop {
					sum += d.Dim[kernels.LoopIterations]
				}
			}
		}
		if sum != 37 {
			t.Errorf("%d ranks execute %d iterations together, want 37", ranks, sum)
		}
	}
}

// A loop that adds nothing up, one whose iterations need each other, and a Program without loops stay whole.
func TestWhole(t *testing.T) {
	values, chain, plain := &sample{}, &sample{}, &sample{}
	x, y := values.place(8, false), values.place(8, false)
	values.loop(1, 8, 8)
	values.op(kernels.OpCopy, []int64{1, 1, 1, 1}, []int64{x, y}, kernels.Step{Iteration: [kernels.MaxArgs]int64{1, 1}})
	x, y = chain.place(9, false), chain.place(2, false)
	chain.loop(2, 8, 2)
	chain.op(kernels.OpCopy, []int64{1, 1, 1, 1}, []int64{x, x + 1}, kernels.Step{Iteration: [kernels.MaxArgs]int64{1, 1}})
	chain.op(kernels.OpSumAll, []int64{1}, []int64{x, y}, kernels.Step{Iteration: at(0, 1), Segment: at(1, 1), Sum: 1})
	x, y = plain.place(8, false), plain.place(1, false)
	plain.op(kernels.OpSumAll, []int64{8}, []int64{x, y}, kernels.Step{})
	plain.p.Steps = nil
	for name, s := range map[string]*sample{"values": values, "chain": chain, "plain": plain} {
		s.p.Arena = int64(len(s.arena))
		part, err := share.Of(&s.p, s.p.Arena, 0, 2)
		if err != nil {
			t.Fatal(err)
		}
		if part.Divided() || part.Stages[0].Program.Hash() != s.p.Hash() {
			t.Errorf("%s: divided into %q", name, stages(part))
		}
	}
}

func TestFaultsAreErrors(t *testing.T) {
	s := newSample(4, 2)
	for _, r := range [][2]int{{-1, 2}, {2, 2}, {0, 0}} {
		if _, err := share.Of(&s.p, s.persistent, r[0], r[1]); err == nil {
			t.Errorf("rank %d of %d: no error", r[0], r[1])
		}
	}
	s.p.Descs[1].Arg[0] = -7
	if _, err := share.Of(&s.p, s.persistent, 0, 2); err == nil {
		t.Error("no error for a Program that is not valid")
	}
}
