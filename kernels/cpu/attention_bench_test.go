//go:build cgo

package cpu_test

import (
	"fmt"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/cpu"
)

// BenchmarkAttention: forward and gradient for few and for many agents.
func BenchmarkAttention(b *testing.B) {
	peak, err := cpu.Peak(options())
	if err != nil {
		b.Fatal(err)
	}
	for _, s := range [][4]int64{{256, 8, 4, 32}, {256, 30, 4, 16}, {256, 32, 4, 32}, {64, 128, 4, 32}, {8, 512, 4, 32}} {
		for _, code := range []kernels.Op{kernels.OpAttention, kernels.OpAttentionGrad, kernels.OpAttentionPenalty, kernels.OpAttentionPenaltyGrad} {
			w := op(fmt.Sprintf("%s/B%dN%dD%d", code, s[0], s[1], s[3]), code, s[:]...)
			b.Run(w.name, func(b *testing.B) { w.run(b, peak) })
		}
	}
}
