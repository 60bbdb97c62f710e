package kernels_test

import (
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

type still struct{}

func (still) Sizes() (worlds, agents, obs, actions int) { return 1, 2, 3, 4 }
func (still) Play(kernels.Slot) error                   { return nil }

func TestStepMustFitItsEnvironment(t *testing.T) {
	step := kernels.Desc{Op: kernels.OpStep, Dim: [kernels.MaxDims]int64{0, 1, 2, 3, 4}}
	for i := range step.Arg {
		step.Arg[i] = int64(10 * i)
	}
	p := kernels.Program{Name: "p", Descs: []kernels.Desc{step}, Arena: 80, Environments: []kernels.Environment{still{}}}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	p.Descs[0].Dim[kernels.StepObs] = 2
	if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "environment with [1 2 3 4]") {
		t.Errorf("another observation: %v", err)
	}
	p.Environments = nil
	if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "the program has 0") {
		t.Errorf("no environment: %v", err)
	}
}
