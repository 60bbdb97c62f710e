package kernels

import (
	"fmt"
	"math"
)

// LocalBase is where local memory begins in the address space of arguments: an argument at
// LocalBase + x is float x of the local memory. Every segment of a loop has its own local memory,
// which is undefined at the start of every iteration.
const LocalBase int64 = 1 << 48

// Indices into Desc.Dim of OpLoop.
const (
	LoopBody = iota
	LoopIterations
	LoopSegments
)

// Step says how an op in the body of a loop moves.
//
// The I iterations of a loop are cut into S segments: segment s has the iterations from I s / S up to
// I (s+1) / S. The iterations of a segment run in order; segments are independent and may run at
// once. In iteration i of segment s, argument a of an op begins at
//
//	Arg[a] + i Iteration[a] + s Segment[a]
//
// So a batch is processed in tiles that stay in a cache from the first op to the last, and sums over
// the batch are added in order inside a segment. The number of segments is a part of the Program:
// results do not depend on the number of threads.
type Step struct {
	Iteration [MaxArgs]int64 // floats
	Segment   [MaxArgs]int64 // floats
	// Sum is 1 for an op that overwrites its output in the first iteration of a segment and
	// accumulates in the others; else 0.
	Sum int64
}

// At is the descriptor d in an iteration of a segment; first is true for the first iteration of the segment.
func (s *Step) At(d *Desc, iteration, segment int64, first bool) Desc {
	at := *d
	for a := range at.Arg {
		if at.Arg[a] != Absent {
			at.Arg[a] += iteration*s.Iteration[a] + segment*s.Segment[a]
		}
	}
	if s.Sum != 0 && !first {
		at.Flags |= FlagAccumulate
	}
	return at
}

// Extent is the range that an argument of an op touches: Length floats from From + i Iteration +
// s Segment on, in iteration i of segment s of its loop. Outside of loops it does not move.
type Extent struct{ From, Length, Iteration, Segment int64 }

// Extent is the extent of argument a of the op d; the argument must not be Absent.
func (s *Step) Extent(d *Desc, a int) Extent {
	spec, _ := SpecOf(d.Op)
	return Extent{d.Arg[a], spec.Args[a].Len(d), s.Iteration[a], s.Segment[a]}
}

// End is the end of its first iteration.
func (e Extent) End() int64 { return e.From + e.Length }

// Way is the distance it moves in a loop, from the first iteration to the last one of the last segment.
func (e Extent) Way(loop *Desc) int64 {
	return (loop.Dim[LoopIterations]-1)*e.Iteration + (loop.Dim[LoopSegments]-1)*e.Segment
}

// SegmentRange is the iterations [from, to) of a segment of the loop d.
func (d *Desc) SegmentRange(segment int64) (from, to int64) {
	n, s := d.Dim[LoopIterations], d.Dim[LoopSegments]
	return n * segment / s, n * (segment + 1) / s
}

// Poisoned is p with NaN in all local memory at the start of every iteration: reading local memory
// before the iteration has written it gives NaN. It is p itself if p has no local memory. It is for
// tests: the indices of ops differ from those in p.
func (p *Program) Poisoned() *Program {
	if p.Local == 0 {
		return p
	}
	q := *p
	q.Descs, q.Steps = nil, nil
	poison := Desc{Op: OpFill, Dim: [MaxDims]int64{p.Local}, Arg: [MaxArgs]int64{LocalBase}}
	poison.Scalar[0] = float32(math.NaN())
	for i, d := range p.Descs {
		q.Steps = append(q.Steps, p.Steps[i])
		if d.Op != OpLoop {
			q.Descs = append(q.Descs, d)
			continue
		}
		d.Dim[LoopBody]++
		q.Descs, q.Steps = append(q.Descs, d, poison), append(q.Steps, Step{})
	}
	return &q
}

// loop is the current loop in a walk over the descriptors.
type loop struct {
	header *Desc
	end    int // first op after the body
}

func (l *loop) open(p *Program, i int) error {
	d := &p.Descs[i]
	n, iterations, segments := d.Dim[LoopBody], d.Dim[LoopIterations], d.Dim[LoopSegments]
	switch {
	case l.header != nil:
		return fmt.Errorf("loop in the body of a loop")
	case n < 1 || n >= int64(len(p.Descs)-i):
		return fmt.Errorf("loop with a body of %d ops, %d follow", n, len(p.Descs)-i-1)
	case segments < 1 || segments > iterations:
		return fmt.Errorf("loop of %d iterations with %d segments", iterations, segments)
	case mul(iterations, segments) == tooLong:
		return fmt.Errorf("loop of %d iterations with %d segments: the product must be below 2^60", iterations, segments)
	case p.Steps == nil:
		return fmt.Errorf("loop in a program without steps")
	}
	l.header, l.end = d, i+1+int(n)
	return specs[OpLoop].check(d)
}

// space is the memory that an op may touch.
type space struct {
	arena, local int64
	loop         *Desc // nil outside of loops
	step         *Step
}

// check reports an argument that is missing or is out of range in some iteration.
func (m space) check(d *Desc, i int, a *ArgSpec) error {
	from := d.Arg[i]
	if from == Absent && a.Optional {
		return nil
	}
	if from < 0 || from > LocalBase+m.local {
		return fmt.Errorf("argument %s at %d lies outside the arena of %d floats and the local memory of %d", a.Name, from, m.arena, m.local)
	}
	to := from + a.Len(d)
	if m.loop != nil {
		if m.step.Iteration[i] < 0 || m.step.Segment[i] < 0 {
			return fmt.Errorf("argument %s moves backwards", a.Name)
		}
		to += plus(mul(m.loop.Dim[LoopIterations]-1, m.step.Iteration[i]), mul(m.loop.Dim[LoopSegments]-1, m.step.Segment[i]))
	}
	if from >= LocalBase {
		if m.loop == nil || to > LocalBase+m.local {
			return fmt.Errorf("argument %s [%d, %d) lies outside the local memory of %d floats", a.Name, from-LocalBase, to-LocalBase, m.local)
		}
		return nil
	}
	if to > m.arena {
		return fmt.Errorf("argument %s [%d, %d) lies outside the arena of %d floats", a.Name, from, to, m.arena)
	}
	return nil
}

// placeName is the name of a place without a symbol.
func placeName(at int64) string {
	if at >= LocalBase {
		return fmt.Sprintf("local@%d", at-LocalBase)
	}
	return fmt.Sprintf("@%d", at)
}

// Flops is the number of floating-point operations of op i in one run, over all iterations of its
// loop; 0 if its work is not measured in flops.
func (p *Program) Flops(i int) int64 {
	d := &p.Descs[i]
	spec, ok := SpecOf(d.Op)
	if !ok || spec.Flops == nil {
		return 0
	}
	return mul(spec.Flops(d), p.iterations(i))
}

// iterations is the number of times that op i is executed in one run.
func (p *Program) iterations(i int) int64 {
	if header := p.loopOf(i); header != nil {
		return header.Dim[LoopIterations]
	}
	return 1
}
