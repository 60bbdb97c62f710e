package moments

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// Images of size x size pixels. Results of convolutions are in some of the slots, which overlap.
const (
	images, size, channels, groups = 2, 8, 8, 2
	result0                        = images * size * size * channels
	slots                          = 3
	outputs                        = (slots + 1) * result0
	rest                           = outputs + result0
	arena                          = rest + 2048
)

// conv writes an image of 1x1 taps to a slot.
func conv(to int64) kernels.Desc {
	return kernels.Desc{
		Op: kernels.OpConv, Dim: [kernels.MaxDims]int64{images, size, size, 1, 1, 1, channels, 1, 1, 0, 0},
		Arg: [kernels.MaxArgs]int64{rest, rest + 256, kernels.Absent, to},
	}
}

// norm reads a slot.
func norm(from int64) kernels.Desc {
	return kernels.Desc{
		Op: kernels.OpGroupNorm, Dim: [kernels.MaxDims]int64{images, size * size, channels, groups},
		Arg: [kernels.MaxArgs]int64{from, rest + 300, rest + 320, kernels.Absent, outputs, rest + 340},
	}
}

func program(ops ...kernels.Desc) *kernels.Program {
	return &kernels.Program{Name: "p", Arena: arena, Descs: ops}
}

func fill(at, n int64) kernels.Desc {
	return kernels.Desc{Op: kernels.OpFill, Dim: [kernels.MaxDims]int64{n}, Arg: [kernels.MaxArgs]int64{at}}
}

func TestPairs(t *testing.T) {
	changed := func(d kernels.Desc, f func(d *kernels.Desc)) kernels.Desc { f(&d); return d }
	loop := kernels.Desc{Op: kernels.OpLoop, Dim: [kernels.MaxDims]int64{1, 2, 1}}
	for _, x := range []struct {
		name  string
		p     *kernels.Program
		pairs int
	}{
		{"a pair", program(conv(0), norm(0)), 1},
		{"two norms", program(conv(0), norm(0), norm(0)), 2},
		{"an op between that writes elsewhere", program(conv(0), fill(rest, 8), norm(0)), 1},
		{"the other slot", program(conv(0), norm(result0)), 0},
		{"another number since", program(conv(0), fill(result0-1, 1), norm(0)), 0},
		{"a function", program(changed(conv(0), func(d *kernels.Desc) { d.Fn = kernels.FnReLU }), norm(0)), 0},
		{"groups of two channels", program(conv(0), changed(norm(0), func(d *kernels.Desc) { d.Dim[3] = 4 })), 0},
		{"other images", program(conv(0), changed(norm(0), func(d *kernels.Desc) { d.Dim[0], d.Dim[1] = 1, 2*d.Dim[1] })), 0},
		{"not aligned", program(conv(1), norm(1)), 0},
		{"a loop between", program(conv(0), loop, fill(0, 1), norm(0)), 0},
	} {
		if len(x.p.Descs) == 4 {
			x.p.Steps = make([]kernels.Step, 4)
		}
		if err := x.p.Validate(); err != nil {
			t.Fatalf("%s: %v", x.name, err)
		}
		x.p.Descs[0].Arg[Place] = 77 // what is in an argument that the op does not have
		pairs, plan := 0, Of(x.p, 100)
		for _, d := range plan.Program.Descs {
			if d.Op == kernels.OpGroupNorm && d.Arg[Place] != 0 {
				pairs++
			}
		}
		if pairs != x.pairs || (plan.Program.Descs[0].Arg[Place] != 0) != (pairs > 0) {
			t.Errorf("%s: %d norms with moments, want %d; the convolution has %d", x.name, pairs, x.pairs, plan.Program.Descs[0].Arg[Place])
		}
		if want := int64(128 + 2*result0/128); pairs > 0 && plan.Floats != want {
			t.Errorf("%s: %d floats, want %d", x.name, plan.Floats, want)
		}
	}
}

// play runs a plan, and says which norm has moments of numbers that its input does not hold.
func play(plan *Plan) (reads int, err error) {
	memory, moments := map[int64]int{}, map[int64][]int{}
	held := func(d *kernels.Desc, arg int) (list []int) {
		e := still.Extent(d, arg)
		for i := range e.Length {
			list = append(list, memory[e.From+i])
		}
		return list
	}
	for i := range plan.Program.Descs {
		d := &plan.Program.Descs[i]
		if d.Op == kernels.OpGroupNorm && d.Arg[Place] != 0 {
			reads++
			if fmt.Sprint(moments[d.Arg[Place]]) != fmt.Sprint(held(d, 0)) {
				return reads, fmt.Errorf("op %d has the moments of other numbers", i)
			}
		}
		spec, _ := kernels.SpecOf(d.Op)
		for a, arg := range spec.Args {
			if arg.Mode == kernels.In || d.Arg[a] == kernels.Absent {
				continue
			}
			for e, j := still.Extent(d, a), int64(0); j < e.Length; j++ {
				memory[e.From+j] = i + 1
			}
		}
		if d.Op == kernels.OpConv && d.Arg[Place] != 0 {
			moments[d.Arg[Place]] = held(d, 3)
		}
	}
	return reads, nil
}

// Whenever a norm has moments, they are those of what its input holds at this time.
func TestMomentsAreUpToDate(t *testing.T) {
	reads := 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		slot := func() int64 { return int64(r.IntN(2*slots-1)) * result0 / 2 }
		var ops []kernels.Desc
		for range 12 {
			switch r.IntN(4) {
			case 0, 1:
				ops = append(ops, conv(slot()))
			case 2:
				ops = append(ops, norm(slot()))
			case 3:
				ops = append(ops, fill(int64(r.IntN(outputs)), int64(r.IntN(40))))
			}
		}
		p := program(ops...)
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		n, err := play(Of(p, 0))
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, p)
		}
		reads += n
	}
	if reads < 100 {
		t.Errorf("only %d norms with moments", reads)
	}
}
