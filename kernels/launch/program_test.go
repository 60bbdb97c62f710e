package launch

import (
	"runtime"
	"testing"

	"github.com/gmel-go/gmel/kernels"
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

func TestScheduleIsOfFP32(t *testing.T) {
	for i, precision := range kernels.Precisions() {
		for _, alone := range []bool{false, true} {
			if got, want := Schedule(layers(), i, alone) != nil, precision == kernels.FP32 && !alone; got != want {
				t.Errorf("%s, alone %t: there is an order: %t", precision, alone, got)
			}
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
	x := Of(&pin, p, s, 0, []int{5})
	if x.Descs != &s.Program.Descs[0] || x.Count != 2 || x.Local != 7 || x.Order != &s.Order[0] || x.Marks != &s.Marks[0] || *x.Worlds != 5 {
		t.Errorf("with an order: %+v", x)
	}
	if x.Moves != nil || x.InOrder != nil {
		t.Errorf("without loops: %+v", x)
	}
	p = &kernels.Program{Local: 3, Descs: []kernels.Desc{{Op: kernels.OpLoop, Dim: [kernels.MaxDims]int64{1, 2, 1}}, layers().Descs[0]}, Steps: make([]kernels.Step, 2)}
	x = Of[int](&pin, p, nil, 2, nil)
	if x.Descs != &p.Descs[0] || x.Moves != &p.Steps[0] || x.Local != 3 || x.Precision != 2 || x.Order != nil || x.Marks != nil || x.Worlds != nil {
		t.Errorf("without an order: %+v", x)
	}
	if *x.InOrder != 1 {
		t.Error("iterations that write the same place do not depend on each other")
	}
	if x = Of[int](&pin, &kernels.Program{}, nil, 0, nil); *x != (Program[int]{}) {
		t.Errorf("of nothing: %+v", x)
	}
}
