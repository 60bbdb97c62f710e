package bench

import (
	"errors"

	"github.com/gmel-go/gmel/kernels"
)

// floors are the rates of a backend that measurements are compared with.
type floors struct {
	flops     float64 // flop/s on registers; 0 for a backend that does not measure it
	of        string  // the instruction that does them, see kernels.Peaker
	bandwidth float64 // bytes/s of a copy, read and written; 0 for a backend that does not measure it
}

// measureFloors returns the rates now.
func measureFloors(backend string, o kernels.Options) (f floors, err error) {
	b, err := kernels.Open(backend, o)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	if p, ok := b.(kernels.Peaker); ok {
		f.flops, f.of = p.Peak(), p.PeakOf()
	}
	if s, ok := b.(kernels.Streamer); ok {
		f.bandwidth = s.Bandwidth()
	}
	return f, nil
}
