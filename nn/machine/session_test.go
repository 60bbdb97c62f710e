package machine_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// TestRunAll: calls are made in their order, and a Program of another session is refused.
func TestRunAll(t *testing.T) {
	l := machine.NewLayout()
	x := l.Add("x", 3)
	program := func(name string, f op.Act) *kernels.Program {
		b := machine.NewBuilder(name, l)
		b.Unary(f, x, x)
		p, err := b.Build()
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	double, increase := program("double", op.Act{Fn: kernels.FnAffine, A: 2}), program("increase", op.Act{Fn: kernels.FnAffine, A: 1, B: 1})
	backend := open(t, "ref")
	s, err := machine.NewSession(backend, l, double, increase)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got := make([]float32, 3)
	err = errors.Join(s.Upload(x, []float32{1, 2, 3}), s.RunAll(machine.Call{Program: double, Times: 2}, machine.Call{Program: increase, Times: 3}), s.Download(got, x))
	if want := []float32{7, 11, 15}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%g, %v, want %g", got, err, want)
	}
	if err := s.RunAll(machine.Call{Program: increase, Times: 1}, machine.Call{Program: &kernels.Program{Name: "other"}, Times: 1}); err == nil || !strings.Contains(err.Error(), `program "other" is not of this session`) {
		t.Errorf("error %v", err)
	}
}
