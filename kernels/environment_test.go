package kernels_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

type still struct{}

func (still) Sizes() (worlds, agents, obs, actions int) { return 1, 2, 3, 4 }
func (still) Play(kernels.Slot) error                   { return nil }

type telling struct{ still }

func (telling) Privileged() int { return 5 }

func TestStepMustFitItsEnvironment(t *testing.T) {
	step := kernels.StepOf(0, still{})
	for i := range step.Arg {
		step.Arg[i] = int64(10 * i)
	}
	p := kernels.Program{Name: "p", Descs: []kernels.Desc{step}, Arena: 80, Environments: []kernels.Environment{still{}}}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	p.Descs[0].Dim[kernels.StepObs] = 2
	if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "environment with [1 2 3 4 0]") {
		t.Errorf("another observation: %v", err)
	}
	p.Descs[0].Dim[kernels.StepObs], p.Environments[0] = 3, telling{}
	if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "environment with [1 2 3 4 5]") {
		t.Errorf("privileged numbers without a place: %v", err)
	}
	p.Environments = nil
	if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "the program has 0") {
		t.Errorf("no environment: %v", err)
	}
}

// TestUnread: successor states of steps may be unread, and are then no results.
func TestUnread(t *testing.T) {
	step := kernels.StepOf(0, still{})
	for i := range step.Arg {
		step.Arg[i] = int64(10 * i)
	}
	fill := kernels.Desc{Op: kernels.OpFill, Dim: [kernels.MaxDims]int64{8}, Arg: [kernels.MaxArgs]int64{80}}
	p := kernels.Program{
		Name: "p", Descs: []kernels.Desc{fill, step}, Arena: 100, Environments: []kernels.Environment{still{}}, Unread: []kernels.Unread{{Op: 1, Arg: kernels.StepNextMask}},
	}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	var at []int64
	for _, r := range p.Results(1) {
		at = append(at, r.At)
	}
	if want := []int64{10, 20, 30, 50, 60, 70}; !slices.Equal(at, want) {
		t.Errorf("results at %d, want %d", at, want)
	}
	for _, u := range []kernels.Unread{{Op: -1, Arg: 3}, {Op: 0, Arg: 3}, {Op: 1, Arg: 1}, {Op: 1, Arg: 5}, {Op: 2, Arg: 4}} {
		p.Unread = []kernels.Unread{u}
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "cannot be unread") {
			t.Errorf("%+v: %v", u, err)
		}
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

// TestPrivilegedNumbersFollowTheObservation: both are in the arguments obs and nextObs, and only then a listing names P.
func TestPrivilegedNumbersFollowTheObservation(t *testing.T) {
	spec, _ := kernels.SpecOf(kernels.OpStep)
	for _, c := range []struct {
		env  kernels.Environment
		want int64
	}{{still{}, 1 * 2 * 3}, {telling{}, 1 * 2 * (3 + 5)}} {
		step := kernels.StepOf(0, c.env)
		if obs, next := spec.Args[1].Len(&step), spec.Args[3].Len(&step); obs != c.want || next != c.want {
			t.Errorf("%T: obs and nextObs have %d and %d floats, want %d", c.env, obs, next, c.want)
		}
		p := kernels.Program{Descs: []kernels.Desc{step}}
		if _, privileged := c.env.(kernels.Privileged); strings.Contains(p.String(), "P=5") != privileged || strings.Contains(p.String(), "P=0") {
			t.Errorf("%T: listing %s", c.env, &p)
		}
	}
}
