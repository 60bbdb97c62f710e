//go:build emu

package emu

import (
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/kerneltest"
)

func TestConformance(t *testing.T)  { kerneltest.Run(t, "emu", 1) }
func TestRandomShapes(t *testing.T) { kerneltest.RunRandom(t, "emu", 1) }
func TestLoops(t *testing.T)        { kerneltest.RunLoops(t, "emu") }

func TestEveryOpHasAKernel(t *testing.T) {
	for _, op := range kernels.Ops() {
		if !hasKernel(op) {
			t.Errorf("there is no kernel for %s", op)
		}
	}
}
