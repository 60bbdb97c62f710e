package machine

import (
	"fmt"

	"github.com/gmel-go/gmel/kernels"
)

// Division says how a Program adds up over the items of a batch: in parts, each by an op of its own. So the parts, and not what
// else the Program works on, fix the order of a sum, and Programs for some of the parts give the same sums of them.
type Division struct {
	Parts []int // items of each part, one after the other
	// Rows [parts, width] keeps the sums of each part, those of the tensors Of one after the other. With None the sums of the
	// parts are added in ascending order, to where the sum belongs.
	Rows Tensor
	Of   []Tensor
}

// PartsOf are the items of the parts of a batch: as many parts as possible, up to MaxSegments. They differ by one item at most,
// the longer ones first.
func PartsOf(items int) (parts []int) {
	n := min(items, MaxSegments)
	for i := range n {
		size := items / n
		if i < items%n {
			size++
		}
		parts = append(parts, size)
	}
	return parts
}

func (d *Division) items() (n int64) {
	for _, size := range d.Parts {
		n += int64(size)
	}
	return n
}

// Divide makes the ops of the Program add up over a batch as d says, from here on; nil: each op as one. A Program with a
// Division has no loops over tiles.
func (b *Builder) Divide(d *Division) {
	b.division = d
	b.divided = b.divided || d != nil
}

// divide cuts the ops that add up over the items of a Division.
func (b *Builder) divide(code []*instr) (out []*instr, err error) {
	for _, in := range code {
		ops := []*instr{in}
		if d := in.division; d != nil {
			if t, ok := in.terms(d.items()); ok {
				c := &dividing{b: b, in: in, terms: t, to: map[int]loc{}, pitch: map[int]int64{}}
				ops, err = c.ops()
			} else if d.Rows != None {
				ops, err = in.ofRows()
			}
		}
		if err != nil {
			return nil, err
		}
		out = append(out, ops...)
	}
	return out, nil
}

// ofRows is an op beside sums that are kept as rows. Equal sums are computed once and copied: then so are their rows. Nothing else
// may read a sum.
func (in *instr) ofRows() ([]*instr, error) {
	for _, a := range in.accesses() {
		from, ok := in.division.row(in.args[a.arg], a.to-a.from)
		if !ok || !a.read {
			continue
		}
		to, kept := in.division.row(in.args[1], in.d.Dim[1])
		if in.d.Op != kernels.OpCopy || in.d.Dim[0] != 1 || !kept {
			return nil, fmt.Errorf("%s reads a sum over a batch, of which there are rows only: %s", in.d.Op, a.s)
		}
		copied, width := *in, in.division.width()
		copied.d.Dim = [kernels.MaxDims]int64{int64(len(in.division.Parts)), in.d.Dim[1], width, width}
		copied.args[0], copied.args[1] = from, to
		return []*instr{&copied}, nil
	}
	return []*instr{in}, nil
}

// row is the place of a sum in the first row; ok is false if it has none.
func (d *Division) row(at loc, size int64) (place loc, ok bool) {
	column := int64(0)
	for _, t := range d.Of {
		if at.s == t.root && at.off >= t.off && at.off+size <= t.off+t.Len() {
			return loc{d.Rows.root, d.Rows.off + column + at.off - t.off}, true
		}
		column += t.Len()
	}
	return loc{}, false
}

// width is the number of floats from row to row.
func (d *Division) width() int64 { return d.Rows.Len() / int64(len(d.Parts)) }

// dividing is an op that adds up over the items of a Division.
type dividing struct {
	b     *Builder
	in    *instr
	terms kernels.Terms
	to    map[int]loc   // of each sum: where that of the first part goes
	pitch map[int]int64 // and how far that of the next part is
}

// ops are the parts of the op and, unless they are kept, the sums of their sums.
func (c *dividing) ops() (out []*instr, err error) {
	d, spec := c.in.division, c.spec()
	var totals []*instr
	for _, arg := range c.terms.Sums {
		size := spec.Args[arg].Len(&c.in.d)
		if d.Rows != None {
			to, ok := d.row(c.in.args[arg], size)
			if !ok {
				return nil, fmt.Errorf("the sum of %s over a batch goes to %s, for which no row has a place", c.in.d.Op, c.in.args[arg].s)
			}
			c.to[arg], c.pitch[arg] = to, d.width()
			continue
		}
		parts := c.b.Temp("parts of "+c.in.args[arg].s.name, len(d.Parts), int(size))
		c.to[arg], c.pitch[arg] = loc{s: parts.root}, size
		total := &instr{d: desc(kernels.OpSumCols, int64(len(d.Parts)), size, size)}
		total.d.Scalar[0], total.d.Flags = 1, c.in.d.Flags&kernels.FlagAccumulate
		total.args[0], total.args[1] = c.to[arg], c.in.args[arg]
		totals = append(totals, total)
	}
	for first := 0; first < len(d.Parts); {
		n := 1
		for first+n < len(d.Parts) && d.Parts[first+n] == d.Parts[first] {
			n++
		}
		out = append(out, c.run(first, n)...)
		first += n
	}
	return append(out, totals...), nil
}

func (c *dividing) spec() *kernels.Spec {
	spec, _ := kernels.SpecOf(c.in.d.Op)
	return spec
}

// run is a loop over n parts of equal length from the first one on. A single part needs no loop.
func (c *dividing) run(first, n int) []*instr {
	d, from := c.in.division, int64(0)
	for _, size := range d.Parts[:first] {
		from += int64(size)
	}
	size := int64(d.Parts[first])
	part := *c.in
	part.division = nil
	part.d = c.terms.Part(part.d, size, d.items())
	for arg, pitch := range c.terms.Pitch {
		if part.args[arg].s != nil && pitch > 0 {
			part.args[arg].off += from * pitch
			part.step.Iteration[arg] = size * pitch
		}
	}
	for _, arg := range c.terms.Sums {
		part.args[arg] = loc{c.to[arg].s, c.to[arg].off + int64(first)*c.pitch[arg]}
		part.step.Iteration[arg] = c.pitch[arg]
	}
	body := append(c.zeros(&part), &part)
	if n == 1 {
		for _, in := range body {
			in.step = kernels.Step{}
		}
		return body
	}
	return append([]*instr{{d: desc(kernels.OpLoop, int64(len(body)), int64(n), int64(n))}}, body...)
}

// zeros are ops before a part: one that only adds to its sums, such as OpScatterRows, begins with zeros. Others overwrite.
func (c *dividing) zeros(part *instr) (out []*instr) {
	spec := c.spec()
	for _, arg := range c.terms.Sums {
		if spec.Args[arg].Mode != kernels.InOut {
			part.d.Flags &^= kernels.FlagAccumulate
			continue
		}
		zero := &instr{d: fillDesc(spec.Args[arg].Len(&part.d), 0)}
		zero.args[0] = part.args[arg]
		zero.step.Iteration[0] = part.step.Iteration[arg]
		out = append(out, zero)
	}
	return out
}

// terms says how the op adds up over a batch of items; ok is false if it does not.
func (in *instr) terms(items int64) (t kernels.Terms, ok bool) {
	d := in.unplaced()
	return d.Terms(items)
}
