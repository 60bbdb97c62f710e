//go:build emu || ptx

package emu

import (
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/kerneltest"
)

func TestConformance(t *testing.T)  { kerneltest.Run(t, name, 1) }
func TestEveryKernel(t *testing.T)  { kerneltest.Run(t, apart, 1) } // what groups would run
func TestRandomShapes(t *testing.T) { kerneltest.RunRandom(t, name, 1) }
func TestLoops(t *testing.T)        { kerneltest.RunLoops(t, name) }

const apart = name + ", every op alone"

func init() { kernels.Register(apart, driver{alone: true}) }

func TestEveryOpHasAKernel(t *testing.T) {
	for _, op := range kernels.Ops() {
		if !hasKernel(op) {
			t.Errorf("there is no kernel for %s", op)
		}
	}
}

// An instruction of tensor cores adds in ascending order here, so products have the bits of ref with rounded factors.
func TestPrecisions(t *testing.T) {
	for _, precision := range []string{kernels.TF32, kernels.BF16} {
		t.Run(precision, func(t *testing.T) { kerneltest.RunPrecision(t, name, precision, true) })
	}
}
