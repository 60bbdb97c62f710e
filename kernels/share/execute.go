package share

import (
	"errors"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/comm"
)

// Compile prepares the stages for a backend. The ranks of the group must run the result the same number of times, over
// arenas that are alike.
func (s *Share) Compile(backend kernels.Backend, group comm.Comm) (kernels.Executable, error) {
	x := &executable{group: group, adder: &Adder{group, make([]float32, s.HostFloats())}}
	for i := range s.Stages {
		e, err := backend.Compile(s.Stages[i].Program)
		if err != nil {
			return nil, errors.Join(err, x.Close())
		}
		x.stages = append(x.stages, stage{e, &s.Stages[i]})
	}
	return x, nil
}

// executable runs the stages of a rank.
type executable struct {
	group  comm.Comm
	adder  *Adder
	stages []stage
}

type stage struct {
	kernels.Executable
	*Stage
}

// Run implements kernels.Executable.
func (x *executable) Run(b kernels.Buffer, n int) error {
	if len(x.stages) == 1 {
		return x.stages[0].Run(b, n)
	}
	for range n {
		for _, s := range x.stages {
			if err := s.Run(b, 1); err != nil {
				return err
			}
			if err := x.exchange(b, s.Stage); err != nil {
				return err
			}
		}
	}
	return nil
}

// exchange is at most one chain and one gathering, however many tensors they have.
func (x *executable) exchange(b kernels.Buffer, s *Stage) error {
	if err := x.adder.Add(b, s.Sums...); err != nil {
		return err
	}
	return x.gather(b, s.Blocks)
}

// gather completes blocks. On the host they lie rank by rank: all that rank 0 has written, then all of rank 1.
func (x *executable) gather(b kernels.Buffer, blocks []Block) error {
	if len(blocks) == 0 {
		return nil
	}
	parts, ends := layout(blocks, x.group.Size())
	all, own := x.adder.host(int64(ends[len(ends)-1])), x.group.Rank()
	for _, p := range parts {
		if p.rank == own {
			if err := b.Download(all[p.from:p.to], p.at); err != nil {
				return err
			}
		}
	}
	if err := x.group.Allgather(all, ends); err != nil {
		return err
	}
	for _, p := range parts {
		if p.rank != own {
			if err := b.Upload(p.at, all[p.from:p.to]); err != nil {
				return err
			}
		}
	}
	return nil
}

// part is what a rank has written of a block: the floats [from, to) on the host, at in the arena.
type part struct{ rank, from, to, at int }

// layout lists the parts of all ranks, and where those of each rank end.
func layout(blocks []Block, ranks int) (list []part, ends []int) {
	n := 0
	for r := range ranks {
		for _, k := range blocks {
			if from, to := k.written(r); from < to {
				size := int(to - from)
				list = append(list, part{r, n, n + size, int(from)})
				n += size
			}
		}
		ends = append(ends, n)
	}
	return list, ends
}

// Close implements kernels.Executable.
func (x *executable) Close() error {
	var errs []error
	for _, s := range x.stages {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}
