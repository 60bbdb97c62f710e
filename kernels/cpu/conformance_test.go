//go:build cgo

package cpu_test

import (
	"os"
	"strconv"
	"testing"

	_ "github.com/gmel-go/gmel/kernels/cpu"
	"github.com/gmel-go/gmel/kernels/kerneltest"
)

func TestConformance(t *testing.T) { kerneltest.Run(t, "cpu", 3) }

// TestRandomShapes takes a few seconds. GMEL_RANDOM_ROUNDS sets the number of rounds (3 by default).
func TestRandomShapes(t *testing.T) {
	rounds := 3
	if text := os.Getenv("GMEL_RANDOM_ROUNDS"); text != "" {
		var err error
		if rounds, err = strconv.Atoi(text); err != nil || rounds < 1 {
			t.Fatalf("GMEL_RANDOM_ROUNDS is %q, want a number from 1 on", text)
		}
	}
	kerneltest.RunRandom(t, "cpu", rounds)
}
