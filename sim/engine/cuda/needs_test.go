//go:build ptx

package cuda_test

import (
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/emu"
)

// TestWorlds plays the games with the kernels that nvcc makes, which need each of their barriers. Other tests look at the kernels of ops.
func TestWorlds(t *testing.T) {
	var needs emu.Needs
	playOnPTX(t, needs.Watch)
	barriers := 0
	for e, needed := range needs.All() {
		if !strings.Contains(e.Name, "step_edge") {
			continue
		}
		barriers += len(needed)
		for i, is := range needed {
			if !is {
				t.Errorf("%s: nothing needs barrier %d at %s", e.Name, i+1, e.BarrierSource(i+1))
			}
		}
	}
	t.Logf("%d barriers", barriers)
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
