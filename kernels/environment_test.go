package kernels_test

import (
	"reflect"
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

// TestSlotHasTheArgumentsOfStep: Tensors are all fields, each by the name of its argument.
func TestSlotHasTheArgumentsOfStep(t *testing.T) {
	var s kernels.Slot
	spec, _ := kernels.SpecOf(kernels.OpStep)
	fields := reflect.ValueOf(&s).Elem()
	if len(spec.Args) != fields.NumField() {
		t.Fatalf("%d arguments, %d fields", len(spec.Args), fields.NumField())
	}
	for i, tensor := range s.Tensors() {
		name := strings.ToUpper(spec.Args[i].Name[:1]) + spec.Args[i].Name[1:]
		if field := fields.FieldByName(name); !field.IsValid() || field.Addr().Interface() != any(tensor) {
			t.Errorf("tensor %d is not the field %s", i, name)
		}
	}
}
