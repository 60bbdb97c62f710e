//go:build emu

package cuda_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/emu"
	_ "github.com/gmel-go/gmel/sim/engine/cuda"
)

// orders of blocks and threads.
func orders(t *testing.T) []string {
	t.Helper()
	info, err := kernels.Describe("emu")
	if err != nil {
		t.Fatal(err)
	}
	return info.ISAs
}

// playInOrder plays the games in an order of threads.
func playInOrder(t *testing.T, order string) error {
	t.Helper()
	b, err := kernels.Open("emu", kernels.Options{ISA: order})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	return playGames(t, b)
}

// ofWorlds are files whose barriers are those of worlds; sort.cuh serves other kernels, too.
var ofWorlds = []string{"edge.cu", "edge_options.cuh", "sort.cuh"}

// Without any one of the barriers in the kernels of the worlds these are not those of the processor, in one of the orders of
// threads. Threads that do not agree any more may end the process, so each barrier is left out in one of its own.
func TestWorldsSeeMissingBarriers(t *testing.T) {
	const variable = "GMEL_LEFT_OUT"
	for _, order := range orders(t) {
		if err := playInOrder(t, order); err != nil {
			t.Fatal(err)
		}
	}
	if name := os.Getenv(variable); name != "" {
		emu.LeaveOut(slices.IndexFunc(emu.Barriers(), func(b emu.Barrier) bool { return b.Name == name }))
		for _, order := range orders(t) {
			if err := playInOrder(t, order); err != nil {
				t.Fatal(err)
			}
		}
		return
	}
	for _, b := range emu.Barriers() {
		if file, _, _ := strings.Cut(b.Name, ":"); !slices.Contains(ofWorlds, file) {
			continue
		}
		again := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		again.Env = append(os.Environ(), variable+"="+b.Name)
		if again.Run() == nil {
			t.Errorf("worlds do not show that the barrier at %s is missing", b.Name)
		}
	}
}
