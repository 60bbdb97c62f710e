package share

import (
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/comm"
)

// Adder adds up the rows of all ranks.
type Adder struct {
	group  comm.Comm
	floats []float32 // for the exchanges, one after the other, on the host
}

// NewAdder makes the Adder of a rank.
func NewAdder(group comm.Comm) *Adder { return &Adder{group: group} }

// Add adds up the rows of all ranks, in one chain for all sums, and writes each result to its At. Widths are equal on all ranks.
func (a *Adder) Add(b kernels.Buffer, sums ...Sum) error {
	var width, floats int64
	for _, k := range sums {
		width, floats = width+k.Width, floats+k.Rows*k.Width
	}
	if width == 0 {
		return nil
	}
	all := a.host(width + floats)
	sum, rest := all[:width], all[width:]
	own := make([]comm.Rows, len(sums))
	for i, k := range sums {
		own[i] = comm.Rows{Width: int(k.Width), Floats: rest[:k.Rows*k.Width]}
		rest = rest[k.Rows*k.Width:]
		if err := b.Download(own[i].Floats, int(k.At)); err != nil {
			return err
		}
	}
	if err := a.group.Chain(sum, own...); err != nil {
		return err
	}
	for _, k := range sums {
		if err := b.Upload(int(k.At), sum[:k.Width]); err != nil {
			return err
		}
		sum = sum[k.Width:]
	}
	return nil
}

// host is memory for n floats.
func (a *Adder) host(n int64) []float32 {
	if int64(len(a.floats)) < n {
		a.floats = make([]float32, n)
	}
	return a.floats[:n]
}
