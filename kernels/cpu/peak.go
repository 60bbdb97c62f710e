//go:build cgo

package cpu

// #include "interpreter.h"
import "C"

import (
	"time"

	"github.com/gmel-go/gmel/kernels"
)

// Peak measures the rate of fused multiply-adds on registers, in floating-point operations
// per second over all threads: the floor of every product on this machine, now.
func Peak(o kernels.Options) (float64, error) {
	opened, err := driver{}.Open(o)
	if err != nil {
		return 0, err
	}
	defer opened.Close()
	return opened.(*backend).Peak(), nil
}

// Peak implements kernels.Peaker.
func (b *backend) Peak() float64 {
	best := 0.0
	for range 5 {
		start := time.Now()
		flops := float64(C.gmel_peak(b.pool, b.isa, 1_000_000))
		best = max(best, flops/time.Since(start).Seconds())
	}
	return best
}

// PeakOf implements kernels.Peaker.
func (b *backend) PeakOf() string { return "FMA" }
