package kernels_test

import (
	"errors"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

var errNoDevice = errors.New("no device")

// TestAutoPassesOverMissingDevices uses a registry of its own.
func TestAutoPassesOverMissingDevices(t *testing.T) {
	defer kernels.WithoutBackends()()
	kernels.Register("cpu", openable{"cpu", nil})
	gpu := &openable{"gpu", errNoDevice}
	kernels.Register("gpu", gpu)
	for _, x := range []struct {
		name string
		o    kernels.Options
		want string
		err  error
	}{
		{"auto", kernels.Options{}, "cpu", nil},
		{"", kernels.Options{}, "cpu", nil},
		{"gpu", kernels.Options{}, "", errNoDevice},
		{"auto", kernels.Options{Device: "gpu:0"}, "", errNoDevice},
	} {
		b, err := kernels.Open(x.name, x.o)
		if !errors.Is(err, x.err) || err == nil && b.Name() != x.want {
			t.Errorf("Open(%q, %+v) = %v, %v, want %q, %v", x.name, x.o, b, err, x.want, x.err)
		}
	}
	gpu.miss = nil
	if i, err := kernels.Describe("auto"); err != nil || i.Name != "gpu" {
		t.Errorf("with a device auto is %q, %v", i.Name, err)
	}
}
