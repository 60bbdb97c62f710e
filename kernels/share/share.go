package share

import (
	"fmt"

	"github.com/gmel-go/gmel/kernels"
)

// Share is what one rank runs of a Program.
type Share struct {
	Stages []Stage
}

// Stage is a Program that the rank runs by itself, and the exchange after it; the last stage has none.
type Stage struct {
	Program *kernels.Program
	Sums    []Sum
	Blocks  []Block
}

// Sum is an exchange of rows. This rank has Rows rows of Width floats, one after the other, at offset At of the arena. The
// sum of the rows of all ranks goes to At.
type Sum struct{ At, Rows, Width int64 }

// Block is an exchange of pieces of the arena: piece i is Length floats at offset At + i Pitch. Rank r has written the
// pieces [Ends[r-1], Ends[r]), where Ends[-1] is 0, and gets the others.
type Block struct {
	At, Length, Pitch int64
	Ends              []int64
}

// written is the range that a rank has written, from its first piece to its last one. What lies between two pieces is
// written by the same rank, or is alike on all ranks.
func (b *Block) written(rank int) (from, to int64) {
	if rank > 0 {
		from = b.Ends[rank-1]
	}
	if to = b.Ends[rank]; from == to {
		return 0, 0
	}
	return b.At + from*b.Pitch, b.At + (to-1)*b.Pitch + b.Length
}

// floats are those that all ranks have written.
func (b *Block) floats() (n int64) {
	for r := range b.Ends {
		from, to := b.written(r)
		n += to - from
	}
	return n
}

// Divided reports whether ranks run different parts of the Program.
func (s *Share) Divided() bool { return len(s.Stages) > 1 }

// Arena is the size in floats of an arena for all stages.
func (s *Share) Arena() (floats int64) {
	for _, x := range s.Stages {
		floats = max(floats, x.Program.Arena)
	}
	return floats
}

// HostFloats is the memory that the largest exchange of this rank takes on the host.
func (s *Share) HostFloats() (floats int64) {
	for _, x := range s.Stages {
		sums, blocks := int64(0), int64(0)
		for _, k := range x.Sums {
			sums += (1 + k.Rows) * k.Width
		}
		for _, k := range x.Blocks {
			blocks += k.floats()
		}
		floats = max(floats, sums, blocks)
	}
	return floats
}

// Floats are those that the ranks add up and those that they gather in one run of the Program.
func (s *Share) Floats() (summed, gathered int64) {
	for _, x := range s.Stages {
		for _, k := range x.Sums {
			summed += k.Width
		}
		for _, k := range x.Blocks {
			gathered += k.floats()
		}
	}
	return summed, gathered
}

// Of returns the share of a rank in p. The first floats of the arena, as many as persistent says, are also read after p has run.
func Of(p *kernels.Program, persistent int64, rank, ranks int) (*Share, error) {
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("share: %w", err)
	}
	if rank < 0 || rank >= ranks {
		return nil, fmt.Errorf("share: rank %d of %d", rank, ranks)
	}
	c := &cut{p: p, persistent: persistent, rank: rank, ranks: ranks, inOrder: p.InOrder(), summed: map[int]int64{}}
	c.next()
	for i := 0; i < len(p.Descs); i++ {
		if d := &p.Descs[i]; ranks > 1 && d.Op == kernels.OpLoop {
			if made, ok := c.outputs(i); ok {
				c.divide(i, made)
				i += int(d.Dim[kernels.LoopBody])
				continue
			}
		}
		c.keep(i)
	}
	return c.finish()
}

// cut is the division of a Program in progress.
type cut struct {
	p           *kernels.Program
	persistent  int64
	rank, ranks int
	inOrder     []uint8
	summed      map[int]int64 // by OpSumCols: the row that has the sum of the rows up to it

	stages []Stage
	now    *kernels.Program // of the last stage
}

// next begins a stage.
func (c *cut) next() {
	c.now = &kernels.Program{Name: c.p.Name, Arena: c.p.Arena, Local: c.p.Local, Symbols: c.p.Symbols, Environments: c.p.Environments}
	c.stages = append(c.stages, Stage{Program: c.now})
}

func (c *cut) add(d kernels.Desc, s kernels.Step) {
	c.now.Descs, c.now.Steps = append(c.now.Descs, d), append(c.now.Steps, s)
}

// keep adds op i as it is, except that an OpSumCols begins at the row that has a sum.
func (c *cut) keep(i int) {
	d := c.p.Descs[i]
	if row := c.summed[i]; row > 0 {
		d.Arg[0] += row * d.Dim[2]
		d.Dim[0] -= row
	}
	var s kernels.Step
	if c.p.Steps != nil {
		s = c.p.Steps[i]
	}
	c.add(d, s)
}

// finish checks the stages.
func (c *cut) finish() (*Share, error) {
	for i, s := range c.stages {
		if len(c.stages) > 1 {
			s.Program.Name = fmt.Sprintf("%s, stage %d of %d", c.p.Name, i+1, len(c.stages))
		}
		if c.p.Steps == nil {
			s.Program.Steps = nil
		}
		if err := s.Program.Validate(); err != nil {
			return nil, fmt.Errorf("share: %w", err)
		}
	}
	return &Share{c.stages}, nil
}
