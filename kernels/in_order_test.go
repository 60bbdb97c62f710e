package kernels

import "testing"

// body is a loop of four iterations in two segments. It has one op for each of steps, which move their arguments.
func body(steps ...Step) *Program {
	p := &Program{Name: "body", Arena: 1000, Local: 100}
	p.add(Desc{Op: OpLoop, Dim: [MaxDims]int64{int64(len(steps)), 4, 2}}, Step{})
	return p
}

func (p *Program) add(d Desc, s Step) { p.Descs, p.Steps = append(p.Descs, d), append(p.Steps, s) }

func unary(x, y int64) Desc {
	return Desc{Op: OpUnary, Arg: [MaxArgs]int64{x, y}, Dim: [MaxDims]int64{10}}
}

func moves(x, y int64) Step { return Step{Iteration: [MaxArgs]int64{x, y}} }

func TestInOrder(t *testing.T) {
	sum := func(segment int64) Step {
		return Step{Iteration: [MaxArgs]int64{10}, Segment: [MaxArgs]int64{1: segment}, Sum: 1}
	}
	for _, c := range []struct {
		name  string
		descs []Desc
		steps []Step
		want  uint8
	}{
		{"tiles", []Desc{unary(0, 100), unary(100, 200)}, []Step{moves(10, 10), moves(10, 10)}, 0},
		{"in place", []Desc{unary(0, 0)}, []Step{moves(10, 10)}, 0},
		{"a result that does not move", []Desc{unary(0, 100)}, []Step{moves(10, 0)}, 1},
		{"results that overlap", []Desc{unary(0, 100)}, []Step{moves(10, 9)}, 1},
		{"reads what the iteration before wrote", []Desc{unary(0, 10)}, []Step{moves(10, 10)}, 1},
		{"reads all that is written", []Desc{unary(0, 100), unary(100, 200)}, []Step{moves(10, 10), moves(0, 10)}, 1},
		{"local", []Desc{unary(0, LocalBase), unary(LocalBase, 100)}, []Step{moves(10, 0), moves(0, 10)}, 0},
		{"a sum by segment", []Desc{unary(0, 100)}, []Step{sum(10)}, 0},
		{"sums of segments that overlap", []Desc{unary(0, 100)}, []Step{sum(5)}, 1},
		{"a sum that is read", []Desc{unary(0, 100), unary(100, 200)}, []Step{sum(10), moves(0, 10)}, 1},
		{"two sums in one place", []Desc{unary(0, 100), unary(40, 100)}, []Step{sum(10), sum(10)}, 1},
	} {
		p := body(c.steps...)
		for i := range c.descs {
			p.add(c.descs[i], c.steps[i])
		}
		if err := p.Validate(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := p.InOrder(); got[0] != c.want || got[1] != 0 {
			t.Errorf("%s: %v, want %d first", c.name, got, c.want)
		}
	}
}
