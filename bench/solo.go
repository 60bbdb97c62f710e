package bench

import "github.com/gmel-go/gmel/kernels/comm"

// solo is a rank without the others, to measure what it computes: it adds up its own rows, and gathers zeros.
type solo struct{ rank, size int }

// others is the group of a trainer; nil: it is alone.
func (s solo) others() comm.Comm {
	if s.size == 1 {
		return nil
	}
	return s
}

// Rank implements comm.Comm.
func (s solo) Rank() int { return s.rank }

// Size implements comm.Comm.
func (s solo) Size() int { return s.size }

// Barrier implements comm.Comm. There is no rank to wait for.
func (s solo) Barrier() error { return nil }

// Chain implements comm.Comm with the rows of this rank alone.
func (s solo) Chain(sum []float32, own ...comm.Rows) error {
	return comm.NewGroup(1, 0).Rank(0).Chain(sum, own...)
}

// Allgather implements comm.Comm. The parts of other ranks are zeros.
func (s solo) Allgather(all []float32, ends []int) error {
	clear(all[:ends[s.rank]-s.own(ends)])
	clear(all[ends[s.rank]:])
	return nil
}

// Collect implements marl.Group. The other ranks give nothing.
func (s solo) Collect(own []byte) ([][]byte, error) {
	all := make([][]byte, s.size)
	all[s.rank] = own
	return all, nil
}

// own is the number of floats that the rank has.
func (s solo) own(ends []int) int {
	if s.rank == 0 {
		return ends[0]
	}
	return ends[s.rank] - ends[s.rank-1]
}
