package bench

import (
	"errors"

	"github.com/gmel-go/gmel/kernels"
)

// peak is the rate of fused multiply-adds of a backend now, in flop/s, and that of a copy, in bytes/s;
// 0 where nobody measures it.
func peak(backend string, o kernels.Options) (flops, bandwidth float64, err error) {
	b, err := kernels.Open(backend, o)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	if p, ok := b.(kernels.Peaker); ok {
		flops = p.Peak()
	}
	if s, ok := b.(kernels.Streamer); ok {
		bandwidth = s.Bandwidth()
	}
	return flops, bandwidth, nil
}
