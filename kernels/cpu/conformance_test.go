//go:build cgo

package cpu_test

import (
	"testing"

	_ "github.com/gmel-go/gmel/kernels/cpu"
	"github.com/gmel-go/gmel/kernels/kerneltest"
)

func TestConformance(t *testing.T) { kerneltest.Run(t, "cpu") }
