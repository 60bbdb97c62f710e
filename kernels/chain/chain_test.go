package chain_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/chain"
	"github.com/gmel-go/gmel/kernels/kerneltest"
	"github.com/gmel-go/gmel/kernels/ref"
)

// A device that runs the rows of a chain in any order and does not store unread results gives the same bits as the
// plain Program, for any sharing of memory.
func TestRowsInAnyOrder(t *testing.T) {
	chained, unread, moved := 0, 0, 0
	for seed := range uint64(500) {
		p, arena := kerneltest.Net(seed)
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		want, got := slices.Clone(arena), slices.Clone(arena)
		if err := ref.Run(p, want); err != nil {
			t.Fatal(err)
		}
		d := newDevice(p, got, seed)
		if err := d.p.Validate(); err != nil {
			t.Fatal(err)
		}
		d.run(t)
		for i := range want {
			if math.Float32bits(want[i]) != math.Float32bits(d.memory[i]) && want[i] == want[i] {
				t.Fatalf("net %d: float %d is %g, want %g\n%s\norder %v\nmarks %v", seed, i, d.memory[i], want[i], p, d.Order, d.Marks)
			}
		}
		if d.p.Local > p.Local {
			moved++
		}
		for _, m := range d.Marks {
			chained, unread = chained+int(m&chain.OnChip), unread+int(m&chain.Unread)/chain.Unread
		}
	}
	if chained < 500 || unread < 100 || moved < 20 {
		t.Errorf("%d products in chains, %d results not stored, %d results relocated: too few for a test", chained, unread, moved)
	}
}

// device has one memory: the arena, then the local memory, then the memory on chip.
type device struct {
	*chain.Schedule
	p            *kernels.Program
	memory       []float32
	local, onTop int64
	rand         *rand.Rand
	grouped      bool
}

// chipFloats is the memory on chip: one row of every product of a chain.
const chipFloats = chain.Longest * chain.Widest

func newDevice(p *kernels.Program, arena []float32, seed uint64) *device {
	s, n := chain.Of(p), int64(len(arena))
	d := &device{s, s.Program, arena, n, n + s.Program.Local, rand.New(rand.NewPCG(5, seed)), false}
	d.memory = append(d.memory, make([]float32, d.p.Local+chipFloats)...)
	return d
}

func (d *device) run(t *testing.T) {
	for at := 0; at < len(d.Order); {
		header := &d.p.Descs[d.Order[at]]
		if header.Op != kernels.OpLoop {
			at = d.launch(t, at, func(op int64) kernels.Desc { return d.p.Descs[op] })
			continue
		}
		end := at + 1 + int(header.Dim[kernels.LoopBody])
		for s := range header.Dim[kernels.LoopSegments] {
			from, to := header.SegmentRange(s)
			for i := from; i < to; i++ {
				for j := range d.p.Local {
					d.memory[d.local+j] = float32(math.NaN())
				}
				for place := at + 1; place < end; {
					place = d.launch(t, place, func(op int64) kernels.Desc { return d.p.Steps[op].At(&d.p.Descs[op], i, s, i == from) })
				}
			}
		}
		at = end
	}
}

// launch runs the op at a position, or the chain that begins there, and returns the position after it.
func (d *device) launch(t *testing.T, place int, desc func(op int64) kernels.Desc) int {
	if d.grouped && d.Marks[place]&chain.OnChip == 0 {
		return d.group(t, place, desc)
	}
	var products []kernels.Desc
	first := place
	for {
		products = append(products, d.located(desc(d.Order[place])))
		place++
		if d.Marks[place-1]&chain.OnChip == 0 {
			break
		}
	}
	if len(products) == 1 {
		d.exec(t, &products[0])
		return place
	}
	for _, row := range d.rand.Perm(int(products[0].Dim[kernels.GemmM])) {
		d.row(t, products, d.Marks[first:], int64(row))
	}
	return place
}

// located is an op with its arguments in the one memory.
func (d *device) located(x kernels.Desc) kernels.Desc {
	for a := range x.Arg {
		if x.Arg[a] >= kernels.LocalBase {
			x.Arg[a] += d.local - kernels.LocalBase
		}
	}
	return x
}

// row runs one row through a chain. Results stay on chip; those that are read later also go to memory.
func (d *device) row(t *testing.T, products []kernels.Desc, marks []uint8, row int64) {
	const a, aux, c = 0, 3, 4
	for i, x := range products {
		x.Dim[kernels.GemmM] = 1
		pitch := x.Dim[kernels.GemmLDC]
		x.Arg[a] += row * x.Dim[kernels.GemmLDA]
		if i > 0 {
			x.Arg[a] = d.onTop + int64(i-1)*chain.Widest
		}
		if x.Arg[aux] != kernels.Absent {
			x.Arg[aux] += row * pitch
		}
		stored := x.Arg[c] + row*pitch
		x.Arg[c] = d.onTop + int64(i)*chain.Widest
		n := x.Dim[kernels.GemmN]
		if x.Has(kernels.FlagAccumulate) {
			copy(d.memory[x.Arg[c]:][:n], d.memory[stored:])
		}
		d.exec(t, &x)
		if marks[i]&chain.Unread == 0 {
			copy(d.memory[stored:][:n], d.memory[x.Arg[c]:])
		}
	}
}

func (d *device) exec(t *testing.T, x *kernels.Desc) {
	if err := ref.Exec(x, d.memory); err != nil {
		t.Fatal(err)
	}
}

// perceptron is three products, x -> h -> g -> y, in a loop of two iterations. h and g are in local memory.
type perceptron struct {
	h, g, y kernels.Desc // the products that compute h, g and y
	step    int64        // floats that y moves per iteration
}

const rows, hidden, local = 10, 8, kernels.LocalBase

func product(x, y int64) kernels.Desc {
	return kernels.Desc{
		Op: kernels.OpGemm, Dim: [kernels.MaxDims]int64{rows, hidden, hidden, hidden, hidden, hidden, 1},
		Arg: [kernels.MaxArgs]int64{x, 900, kernels.Absent, kernels.Absent, y},
	}
}

func unary(n, x, y int64) kernels.Desc {
	return kernels.Desc{Op: kernels.OpUnary, Dim: [kernels.MaxDims]int64{n}, Arg: [kernels.MaxArgs]int64{x, y}}
}

// marks returns the marks of the three products and of the ops more.
func (p *perceptron) marks(t *testing.T, more []kernels.Desc) []uint8 {
	t.Helper()
	q := &kernels.Program{Name: "perceptron", Arena: 4000, Local: 400}
	q.Descs = append([]kernels.Desc{{Op: kernels.OpLoop, Dim: [kernels.MaxDims]int64{int64(3 + len(more)), 2, 1}}, p.h, p.g, p.y}, more...)
	q.Steps = make([]kernels.Step, len(q.Descs))
	q.Steps[1].Iteration[0], q.Steps[3].Iteration[4] = rows*hidden, p.step
	if p.h.Arg[0] >= local {
		q.Steps[1].Iteration[0] = 0
	}
	if err := q.Validate(); err != nil {
		t.Fatal(err)
	}
	s := chain.Of(q)
	if err := s.Program.Validate(); err != nil {
		t.Fatal(err)
	}
	return s.Marks[1:]
}

func TestMarks(t *testing.T) {
	const both = chain.OnChip | chain.Unread
	reader := func(at int64) kernels.Desc { return unary(4, at, 500) }
	filler := func(at, n int64) kernels.Desc {
		return kernels.Desc{Op: kernels.OpFill, Dim: [kernels.MaxDims]int64{n}, Arg: [kernels.MaxArgs]int64{at}}
	}
	gappy := kernels.Desc{Op: kernels.OpCopy, Dim: [kernels.MaxDims]int64{rows, 7, 8, 8}, Arg: [kernels.MaxArgs]int64{600, local}}
	// g overlaps other rows of a copy of x, so it must be relocated.
	over := func(p *perceptron) { p.h.Arg[0], p.g.Arg[4], p.y.Arg[0] = local+200, local+208, local+208 }
	for name, x := range map[string]struct {
		change func(p *perceptron)
		more   []kernels.Desc
		want   []uint8
	}{
		"all on chip":                    {nil, nil, []uint8{both, both, 0}},
		"an op reads h":                  {nil, []kernels.Desc{reader(local + 70)}, []uint8{chain.OnChip, both, 0, 0}},
		"an op reads g":                  {nil, []kernels.Desc{reader(local + 100)}, []uint8{both, chain.OnChip, 0, 0}},
		"h is overwritten, then read":    {nil, []kernels.Desc{filler(local, 80), reader(local)}, []uint8{both, both, 0, 0, 0}},
		"h is overwritten but for gaps":  {nil, []kernels.Desc{gappy, reader(local)}, []uint8{chain.OnChip, both, 0, 0, 0}},
		"h is half overwritten":          {nil, []kernels.Desc{filler(local, 79), reader(local + 76)}, []uint8{chain.OnChip, both, 0, 0, 0}},
		"the half that is overwritten":   {nil, []kernels.Desc{filler(local+2, 4), reader(local + 2)}, []uint8{both, both, 0, 0, 0}},
		"y needs h, too":                 {func(p *perceptron) { p.y.Arg[3], p.y.Flags, p.y.Fn = local, kernels.FlagFnGrad, kernels.FnReLU }, nil, []uint8{chain.OnChip, both, 0}},
		"h is in the arena":              {func(p *perceptron) { p.h.Arg[4], p.g.Arg[0] = 600, 600 }, nil, []uint8{chain.OnChip, both, 0}},
		"too wide":                       {func(p *perceptron) { p.h.Dim[kernels.GemmK] = 129 }, nil, []uint8{0, both, 0}},
		"another part of h":              {func(p *perceptron) { p.g.Arg[0]++ }, nil, []uint8{0, both, 0}},
		"groups":                         {func(p *perceptron) { p.g.Dim[kernels.GemmGroups], p.g.Dim[kernels.GemmStrideC] = 2, 80 }, nil, []uint8{0, 0, 0}},
		"a sum over rows":                {func(p *perceptron) { p.y.Flags = kernels.FlagTransA }, nil, []uint8{both, 0, 0}},
		"g over a part of h":             {func(p *perceptron) { p.g.Arg[4], p.y.Arg[0] = local+8, local+8 }, nil, []uint8{both, both, 0}},
		"g over h":                       {func(p *perceptron) { p.g.Arg[4], p.y.Arg[0] = local, local }, nil, []uint8{both, both, 0}},
		"y over h":                       {func(p *perceptron) { p.y.Arg[4], p.step = local, 0 }, []kernels.Desc{reader(local)}, []uint8{both, both, 0, 0}},
		"g adds up over h":               {func(p *perceptron) { p.g.Arg[4], p.y.Arg[0], p.g.Flags = local, local, kernels.FlagAccumulate }, nil, []uint8{chain.OnChip, both, 0}},
		"y over what h adds to":          {func(p *perceptron) { p.h.Flags, p.y.Arg[4], p.step = kernels.FlagAccumulate, local+8, 0 }, []kernels.Desc{reader(local + 86)}, []uint8{both, 0, 0, 0}},
		"y over some of the weights":     {func(p *perceptron) { p.y.Arg[4] = 880 }, nil, []uint8{both, 0, 0}},
		"y over the weights":             {func(p *perceptron) { p.y.Arg[4], p.step = 900, 0 }, nil, []uint8{both, 0, 0}},
		"y over x, the same rows":        {func(p *perceptron) { p.y.Arg[4] = 0 }, nil, []uint8{both, both, 0}},
		"y over x, other rows":           {func(p *perceptron) { p.y.Arg[4] = 8 }, nil, []uint8{both, 0, 0}},
		"y over x of another iteration":  {func(p *perceptron) { p.y.Arg[4], p.step = 80, 0 }, nil, []uint8{both, 0, 0}},
		"g over x":                       {over, nil, []uint8{both, both, 0}},
		"g over x, an op reads g":        {over, []kernels.Desc{reader(local + 210)}, []uint8{both, chain.OnChip, 0, 0}},
		"g over x, an op reads beyond g": {over, []kernels.Desc{reader(local + 286)}, []uint8{0, chain.OnChip, 0, 0}},
		"g over x, a part is changed":    {over, []kernels.Desc{filler(local+208, 4), reader(local + 210)}, []uint8{0, chain.OnChip, 0, 0, 0}},
		"g over x, and changed in place": {over, []kernels.Desc{unary(80, local+208, local+208), reader(local + 210)}, []uint8{both, chain.OnChip, 0, 0, 0}},
		"g over x, all changed, read":    {over, []kernels.Desc{filler(local+208, 80), reader(local + 210)}, []uint8{both, both, 0, 0, 0}},
		"g over x, added up":             {func(p *perceptron) { over(p); p.g.Flags = kernels.FlagAccumulate }, []kernels.Desc{reader(local + 210)}, []uint8{0, chain.OnChip, 0, 0}},
	} {
		p := &perceptron{h: product(0, local), g: product(local, local+100), y: product(local+100, 200), step: rows * hidden}
		if x.change != nil {
			x.change(p)
		}
		if got := p.marks(t, x.more); !slices.Equal(got, x.want) {
			t.Errorf("%s: marks %v, want %v", name, got, x.want)
		}
	}
}

// An op between the products of a chain moves before it if possible, otherwise after it. If neither is possible, there
// is no chain.
func TestOrder(t *testing.T) {
	for name, x := range map[string]struct {
		between []kernels.Desc
		order   string
	}{
		"one that reads something else":             {[]kernels.Desc{unary(80, 600, 700)}, "[1 0 2] [0 1 0]"},
		"one that reads the first result":           {[]kernels.Desc{unary(80, 100, 700)}, "[0 2 1] [1 0 0]"},
		"one that reads what the second overwrites": {[]kernels.Desc{unary(80, 200, 700)}, "[1 0 2] [0 1 0]"},
		"one that reads both":                       {[]kernels.Desc{unary(80, 100, 700), unary(80, 700, 200)}, "[0 1 2 3] [0 0 0 0]"},
		"one that changes the first result":         {[]kernels.Desc{unary(80, 100, 100)}, "[0 1 2] [0 0 0]"},
		"another chain":                             {[]kernels.Desc{product(300, 400), product(400, 500)}, "[1 2 0 3] [1 0 1 0]"},
	} {
		q := &kernels.Program{Name: name, Arena: 1000, Descs: slices.Concat([]kernels.Desc{product(0, 100)}, x.between, []kernels.Desc{product(100, 200)})}
		if err := q.Validate(); err != nil {
			t.Fatal(err)
		}
		s := chain.Of(q)
		if got := fmt.Sprint(s.Order, s.Marks); got != x.order {
			t.Errorf("%s: order and marks %s, want %s", name, got, x.order)
		}
	}
}
