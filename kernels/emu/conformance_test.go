//go:build emu

package emu_test

import (
	"testing"

	_ "github.com/gmel-go/gmel/kernels/emu"
	"github.com/gmel-go/gmel/kernels/kerneltest"
)

func TestConformance(t *testing.T)  { kerneltest.Run(t, "emu") }
func TestRandomShapes(t *testing.T) { kerneltest.RunRandom(t, "emu", 1) }
