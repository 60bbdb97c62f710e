//go:build cgo

package bench

import (
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/cpu"
)

// peak is the rate of fused multiply-adds of a backend now, in flop/s; 0 where nobody measures it.
func peak(backend string, o kernels.Options) (float64, error) {
	if backend != "cpu" {
		return 0, nil
	}
	return cpu.Peak(o)
}
