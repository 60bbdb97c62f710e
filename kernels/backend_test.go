package kernels_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

type noDriver struct{ kernels.Driver }

func TestBackendsAreListedBestFirst(t *testing.T) {
	for _, n := range []string{"b", "ref", "a", "cpu", "gpu"} {
		kernels.Register(n, noDriver{})
	}
	if got, want := kernels.Backends(), []string{"gpu", "cpu", "ref", "a", "b"}; !slices.Equal(got, want) {
		t.Errorf("Backends() = %v, want %v", got, want)
	}
}

// openable is a driver whose device may be missing.
type openable struct {
	name string
	miss error
}

func (o openable) Info() kernels.Info { return kernels.Info{Name: o.name} }
func (o openable) Probe() error       { return o.miss }
func (o openable) Open(opts kernels.Options) (kernels.Backend, error) {
	if o.miss != nil {
		return nil, o.miss
	}
	return opened{name: o.name}, opts.ProcessorOnly(o.name)
}

type opened struct {
	kernels.Backend
	name string
}

func (o opened) Name() string { return o.name }

func TestProcessorOnly(t *testing.T) {
	for word, o := range map[string]kernels.Options{
		"gpu:1": {Device: "gpu:1"}, "bf16": {Precision: kernels.BF16}, "debug": {Debug: true},
	} {
		if err := o.ProcessorOnly("cpu"); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%+v gives %v, want a sentence about %s", o, err, word)
		}
	}
	if err := (kernels.Options{Threads: 2, ISA: "x", Profile: true, Precision: kernels.FP32}).ProcessorOnly("cpu"); err != nil {
		t.Error(err)
	}
}

func TestInfoForDevice(t *testing.T) {
	i := kernels.Info{Device: "A", ISA: "sm_80", Devices: []kernels.Device{{Name: "gpu:0", Model: "A", ISA: "sm_80"}, {Name: "gpu:1", Model: "B", ISA: "sm_90"}}}
	if x := i.For(kernels.Options{}); x.Device != "A" || x.ISA != "sm_80" {
		t.Errorf("without a device: %+v", x)
	}
	if x := i.For(kernels.Options{Device: "gpu:1"}); x.Device != "B" || x.ISA != "sm_90" {
		t.Errorf("gpu:1: %+v", x)
	}
}
