package bench

import (
	"errors"

	"github.com/gmel-go/gmel/kernels"
)

// peak is the rate of fused multiply-adds of a backend now, in flop/s; 0 where nobody measures it.
func peak(backend string, o kernels.Options) (flops float64, err error) {
	b, err := kernels.Open(backend, o)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	if p, ok := b.(kernels.Peaker); ok {
		flops = p.Peak()
	}
	return flops, nil
}
