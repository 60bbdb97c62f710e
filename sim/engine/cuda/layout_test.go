//go:build emu

package cuda_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// foreign are worlds of an engine that was built from other lists of fields.
type foreign struct{ kernels.Portable }

func (f foreign) Image() *kernels.Image {
	image := *f.Portable.Image()
	image.Params = slices.Clone(image.Params)
	for i := range image.Params[len(image.Params)-8:] { // world_params ends with the hash, padded to 8 bytes
		image.Params[len(image.Params)-8+i] ^= 1
	}
	return &image
}

// TestKernelRefusesOtherFields: numbers would be read from wrong places.
func TestKernelRefusesOtherFields(t *testing.T) {
	b, err := kernels.Open("emu", kernels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	w := newWorlds(t, games(t)[0])
	step := kernels.StepOf(0, w.Native())
	spec, _ := kernels.SpecOf(step.Op)
	end := int64(0)
	for i, a := range spec.Args {
		step.Arg[i] = end
		end += a.Len(&step)
	}
	p := &kernels.Program{Name: "step", Descs: []kernels.Desc{step}, Arena: end}
	for _, env := range []kernels.Environment{w.Native(), foreign{w.Native().(kernels.Portable)}} {
		p.Environments = []kernels.Environment{env}
		e, err := b.Compile(p)
		if err == nil {
			err = e.Close()
		}
		_, other := env.(foreign)
		if got := err != nil && strings.Contains(err.Error(), `"edge" was built for other parameters`); got != other {
			t.Errorf("%T: error %v", env, err)
		}
	}
}
