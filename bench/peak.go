package bench

import (
	"errors"

	"github.com/gmel-go/gmel/kernels"
)

// peak measures the present rates of a backend: fused multiply-adds in flop/s, and a copy in bytes/s.
// A rate is 0 if the backend cannot measure it.
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
