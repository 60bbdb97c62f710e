//go:build ptx

package cuda_test

import (
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/emu"
)

// TestWorlds plays the games with the kernels that nvcc makes.
func TestWorlds(t *testing.T) { playOnPTX(t, func(kernels.Backend) {}) }

// TestBarriers leaves out each barrier of theirs. Other tests survey the kernels of ops.
func TestBarriers(t *testing.T) {
	var s emu.Survey
	playOnPTX(t, s.Watch)
	for _, barrier := range s.Unmissed() {
		if strings.Contains(barrier, "step_edge") {
			t.Errorf("nothing misses the barrier %s", barrier)
		}
	}
	t.Logf("%d barriers", s.Barriers())
}

func playOnPTX(t *testing.T, watch func(kernels.Backend)) {
	t.Helper()
	b, err := kernels.Open("ptx", kernels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	watch(b)
	if err := playGames(t, b); err != nil {
		t.Fatal(err)
	}
}
