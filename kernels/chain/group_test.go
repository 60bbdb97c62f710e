package chain_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/chain"
	"github.com/gmel-go/gmel/kernels/kerneltest"
	"github.com/gmel-go/gmel/kernels/ref"
)

// A device that runs neighbours in any order of rows, or in any order of ops, gives the same bits as the plain Program.
func TestGroupsInAnyOrder(t *testing.T) {
	byRows, beside := 0, 0
	for seed := range uint64(300) {
		p, arena := kerneltest.Head(seed)
		if seed%3 == 0 {
			p, arena = kerneltest.Net(seed)
		}
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		want := slices.Clone(arena)
		if err := ref.Run(p, want); err != nil {
			t.Fatal(err)
		}
		d := newDevice(p, slices.Clone(arena), seed)
		d.Group()
		d.grouped = true
		d.run(t)
		for i := range want {
			if math.Float32bits(want[i]) != math.Float32bits(d.memory[i]) && want[i] == want[i] {
				t.Fatalf("Program %d: float %d is %g, want %g\n%s\norder %v\nmarks %v\nrows %v", seed, i, d.memory[i], want[i], p, d.Order, d.Marks, d.Rows)
			}
		}
		for _, m := range d.Marks {
			byRows, beside = byRows+int(m&chain.ByRows)/chain.ByRows, beside+int(m&chain.Beside)/chain.Beside
		}
	}
	if byRows < 500 || beside < 500 {
		t.Errorf("%d ops by rows, %d beside others: too few for a test", byRows, beside)
	}
}

// group runs some of the neighbours that begin at a position, by rows or side by side, and returns the position after them.
func (d *device) group(t *testing.T, place int, desc func(op int64) kernels.Desc) int {
	mark := []uint8{chain.ByRows, chain.Beside}[d.rand.IntN(2)]
	ops := []kernels.Desc{d.located(desc(d.Order[place]))}
	for d.Marks[place+len(ops)-1]&mark != 0 && d.rand.IntN(8) > 0 {
		ops = append(ops, d.located(desc(d.Order[place+len(ops)])))
	}
	switch {
	case len(ops) == 1 || mark == chain.Beside:
		for _, i := range d.rand.Perm(len(ops)) {
			d.exec(t, &ops[i])
		}
	default:
		rows := d.Rows[place]
		for _, row := range d.rand.Perm(int(rows)) {
			for _, x := range ops {
				d.execRow(t, x, int64(row), rows)
			}
		}
	}
	return place + len(ops)
}

// execRow runs an op on one of its rows.
func (d *device) execRow(t *testing.T, x kernels.Desc, row, rows int64) {
	r, ok := x.Rows(rows)
	if !ok {
		t.Fatalf("%s has no %d rows", x.Op, rows)
	}
	x = r.Part(x, 1, rows)
	for a := range x.Arg {
		if x.Arg[a] != kernels.Absent {
			x.Arg[a] += row * r.Pitch[a]
		}
	}
	d.exec(t, &x)
}

// Which neighbours are a group: r has rows that begin at 0, 8, 16 and so on.
func TestGroupMarks(t *testing.T) {
	const n = 10 * 8
	copyOf := func(from, to, pitch int64) kernels.Desc {
		return kernels.Desc{Op: kernels.OpCopy, Dim: [kernels.MaxDims]int64{10, 8, 8, pitch}, Arg: [kernels.MaxArgs]int64{from, to}}
	}
	sumRows := kernels.Desc{Op: kernels.OpSumRows, Dim: [kernels.MaxDims]int64{10, 8}, Arg: [kernels.MaxArgs]int64{100, 900}}
	sumAll := kernels.Desc{Op: kernels.OpSumAll, Dim: [kernels.MaxDims]int64{n}, Arg: [kernels.MaxArgs]int64{100, 900}}
	for name, x := range map[string]struct {
		a, b   kernels.Desc
		byRows bool
		beside bool
	}{
		"one reads the other":             {unary(n, 0, 100), unary(n, 100, 200), true, false},
		"they share nothing":              {unary(n, 0, 100), unary(n, 300, 400), true, true},
		"they share an input":             {unary(n, 0, 100), unary(n, 0, 400), true, true},
		"the same, of another size":       {unary(n, 0, 100), unary(7, 0, 400), false, true},
		"rows of other sizes":             {unary(n, 0, 100), sumRows, true, false},
		"a sum needs all rows":            {unary(n, 0, 100), sumAll, false, false},
		"one row later":                   {unary(n, 0, 100), unary(n, 108, 300), false, false},
		"in place":                        {unary(n, 0, 100), unary(n, 100, 100), true, false},
		"overwritten before it is read":   {unary(n, 100, 300), unary(n, 0, 100), true, false},
		"halves of rows":                  {copyOf(0, 300, 16), copyOf(100, 308, 16), true, false},
		"halves that are a row apart":     {copyOf(0, 300, 16), copyOf(100, 316, 16), false, false},
		"they write the same":             {unary(n, 0, 100), unary(n, 200, 100), true, false},
		"rows that are other than copies": {copyOf(0, 300, 16), unary(160, 300, 500), true, false},
	} {
		q := &kernels.Program{Name: name, Arena: 1000, Descs: []kernels.Desc{x.a, x.b}}
		if err := q.Validate(); err != nil {
			t.Fatal(err)
		}
		s := chain.Plain(q)
		s.Group()
		if byRows, beside := s.Marks[0]&chain.ByRows != 0, s.Marks[0]&chain.Beside != 0; byRows != x.byRows || beside != x.beside {
			t.Errorf("%s: by rows %v, beside %v; want %v, %v", name, byRows, beside, x.byRows, x.beside)
		}
	}
}

// An op with rows too long for a block of threads stays alone.
func TestLongRows(t *testing.T) {
	q := &kernels.Program{Name: "long rows", Arena: 100000, Descs: []kernels.Desc{
		{Op: kernels.OpCopy, Dim: [kernels.MaxDims]int64{2, 2049, 2049, 2049}, Arg: [kernels.MaxArgs]int64{0, 10000}},
		{Op: kernels.OpCopy, Dim: [kernels.MaxDims]int64{2, 2049, 2049, 2049}, Arg: [kernels.MaxArgs]int64{10000, 20000}},
	}}
	s := chain.Plain(q)
	s.Group()
	if s.Marks[0] != 0 {
		t.Errorf("marks %v, want none", s.Marks)
	}
}
