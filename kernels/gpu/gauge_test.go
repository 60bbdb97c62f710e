//go:build gpu && !cpu

package gpu

import (
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

func TestGauges(t *testing.T) {
	g, err := kernels.ReadGauges("gpu", "")
	if err != nil && !fake() {
		t.Skip(err) // a machine may have no such library
	}
	if err != nil || g.Utilisation < 0 || g.Utilisation > 1 || g.MemoryUsed <= 0 || g.MemoryUsed > g.MemoryTotal {
		t.Errorf("%+v: %v", g, err)
	}
	if want := (kernels.Gauges{Utilisation: 0.42, MemoryUsed: 123 << 20, MemoryTotal: 1 << 30}); fake() && g != want {
		t.Errorf("%+v, want %+v", g, want)
	}
	if _, err := kernels.ReadGauges("gpu", "gpu:99"); err == nil || !strings.Contains(err.Error(), "there is: gpu:0") {
		t.Errorf("gpu:99: %v", err)
	}
}

func TestNoGauges(t *testing.T) {
	needFake(t)
	t.Setenv("GMEL_FAKE_NVML", "0")
	if _, err := kernels.ReadGauges("gpu", "gpu:0"); err == nil || !strings.Contains(err.Error(), "are not told") {
		t.Errorf("error %v", err)
	}
}
