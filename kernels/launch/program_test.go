package launch

import (
	"runtime"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/chain"
)

// layers is two products, one after the other, which make a chain in fp32.
func layers() *kernels.Program {
	product := func(a, b, c int64) kernels.Desc {
		return kernels.Desc{
			Op: kernels.OpGemm, Dim: [kernels.MaxDims]int64{4, 4, 4, 4, 4, 4, 1}, Arg: [kernels.MaxArgs]int64{a, b, kernels.Absent, kernels.Absent, c},
		}
	}
	return &kernels.Program{Name: "layers", Arena: 80, Descs: []kernels.Desc{product(0, 16, 32), product(32, 48, 64)}}
}

// Products are chains in fp32 only; groups are in every precision.
func TestSchedule(t *testing.T) {
	for i, precision := range kernels.Precisions() {
		if Schedule(layers(), i, true) != nil {
			t.Errorf("%s: an order, although every op has its own launches", precision)
		}
		s := Schedule(layers(), i, false)
		if chained := s.Marks[0]&chain.OnChip != 0; chained != (precision == kernels.FP32) {
			t.Errorf("%s: a chain: %t", precision, chained)
		}
		if len(s.Rows) != len(s.Order) {
			t.Errorf("%s: %d rows for %d ops", precision, len(s.Rows), len(s.Order))
		}
	}
}

// C gets the Program of the schedule, which has another plan of local memory. Absent parts are nil.
func TestProgram(t *testing.T) {
	p := layers()
	s := Schedule(p, 0, false)
	s.Program.Local = 7
	var pin runtime.Pinner
	defer pin.Unpin()
	x := Of(&pin, p, s, 0, 0, []int{5})
	if x.Descs != &s.Program.Descs[0] || x.Count != 2 || x.Local != 7 || x.Order != &s.Order[0] || x.Marks != &s.Marks[0] || x.Rows != &s.Rows[0] || *x.Worlds != 5 {
		t.Errorf("with an order: %+v", x)
	}
	if x.Moves != nil || x.InOrder != nil {
		t.Errorf("without loops: %+v", x)
	}
	p = &kernels.Program{Local: 3, Descs: []kernels.Desc{{Op: kernels.OpLoop, Dim: [kernels.MaxDims]int64{1, 2, 1}}, layers().Descs[0]}, Steps: make([]kernels.Step, 2)}
	x = Of[int](&pin, p, nil, 1, 0, nil)
	if x.Descs != &p.Descs[0] || x.Moves != &p.Steps[0] || x.Local != 3 || x.Precision != 1 || x.Order != nil || x.Marks != nil || x.Rows != nil || x.Worlds != nil {
		t.Errorf("without an order: %+v", x)
	}
	if *x.InOrder != 1 {
		t.Error("iterations that write the same place do not depend on each other")
	}
	if x = Of[int](&pin, &kernels.Program{}, nil, 0, 0, nil); *x != (Program[int]{}) {
		t.Errorf("of nothing: %+v", x)
	}
}

// In bf16 the ops know the copies of their factors; the Program does not change.
func TestCopies(t *testing.T) {
	p := layers()
	for i := range p.Descs { // eight columns, 512 rows: blocks enough for copies of B
		p.Descs[i].Dim = [kernels.MaxDims]int64{512, 8, 8, 8, 8, 8, 1}
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	for i, precision := range kernels.Precisions() {
		x := Of[int](&pin, p, nil, i, 0, nil)
		want := precision == kernels.BF16
		if (x.CastCount > 0) != want || (x.Copies > 0) != want || (x.Casts != nil) != want || x.Descs == &p.Descs[0] == want {
			t.Errorf("%s: %d casts at %p, %d floats of copies, ops at %p of %p", precision, x.CastCount, x.Casts, x.Copies, x.Descs, p.Descs)
		}
	}
}

// C gets no place for successor states that are unread; the Program does not change.
func TestUnread(t *testing.T) {
	step := kernels.Desc{Op: kernels.OpStep, Arg: [kernels.MaxArgs]int64{1, 2, 3, 4, 5, 6, 7, 8}}
	p := &kernels.Program{Descs: []kernels.Desc{layers().Descs[0], step}, Unread: []kernels.Unread{{Op: 1, Arg: kernels.StepNextMask}}}
	got := wanted(p)
	if got[0] != p.Descs[0] || got[1].Arg != [kernels.MaxArgs]int64{1, 2, 3, 4, kernels.Absent, 6, 7, 8} || p.Descs[1] != step {
		t.Errorf("C gets %+v of %+v", got, p.Descs)
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	if x := Of[int](&pin, p, nil, 0, 0, nil); x.Descs == &p.Descs[0] {
		t.Error("C gets the ops of the Program")
	}
}
