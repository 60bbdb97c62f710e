package ref

import (
	"fmt"
	"maps"
	"math"

	"github.com/gmel-go/gmel/kernels"
)

// op is one descriptor, with the arena and the local memory of a loop.
type op[T Float] struct {
	*kernels.Desc
	mem, local []T
}

// arg returns argument i, or nil if it is absent.
func (o *op[T]) arg(i int) []T {
	off := o.Arg[i]
	if off == kernels.Absent {
		return nil
	}
	spec, _ := kernels.SpecOf(o.Op)
	mem := o.mem
	if off >= kernels.LocalBase {
		mem, off = o.local, off-kernels.LocalBase
	}
	return mem[off : off+spec.Args[i].Len(o.Desc)]
}

func (o *op[T]) dim(i int) int       { return int(o.Dim[i]) }
func (o *op[T]) scalar(i int) T      { return T(o.Scalar[i]) }
func (o *op[T]) accumulates() bool   { return o.Has(kernels.FlagAccumulate) }
func (o *op[T]) params() [2]T        { return [2]T{o.scalar(0), o.scalar(1)} }
func (o *op[T]) put(out *T, value T) { store(out, value, o.accumulates()) }

// store writes a result, or adds it to the old value.
func store[T Float](out *T, value T, accumulate bool) {
	if accumulate {
		*out += value
	} else {
		*out = value
	}
}

// Run executes all ops of p over arena, which holds at least p.Arena numbers.
func Run[T Float](p *kernels.Program, arena []T) error {
	if int64(len(arena)) < p.Arena {
		return fmt.Errorf("ref: program %q needs an arena of %d floats, got %d", p.Name, p.Arena, len(arena))
	}
	r := &run[T]{p, arena, make([]T, p.Local)}
	for i := 0; i < len(p.Descs); i++ {
		d := &p.Descs[i]
		if d.Op == kernels.OpLoop {
			if err := r.loop(i); err != nil {
				return err
			}
			i += int(d.Dim[kernels.LoopBody])
			continue
		}
		if err := r.exec(i, d); err != nil {
			return err
		}
	}
	return nil
}

// run is one execution of a Program.
type run[T Float] struct {
	p            *kernels.Program
	arena, local []T
}

func (r *run[T]) exec(i int, d *kernels.Desc) error {
	if d.Op == kernels.OpStep {
		return r.step(i, &op[T]{d, r.arena, r.local})
	}
	if err := exec(&op[T]{d, r.arena, r.local}); err != nil {
		return fmt.Errorf("ref: program %q, op %d: %w", r.p.Name, i, err)
	}
	return nil
}

// loop runs the loop at op i. It runs the segments from the last to the first, because they are independent.
func (r *run[T]) loop(i int) error {
	d := &r.p.Descs[i]
	for segment := d.Dim[kernels.LoopSegments] - 1; segment >= 0; segment-- {
		from, to := d.SegmentRange(segment)
		for iteration := from; iteration < to; iteration++ {
			r.forget()
			for b := i + 1; b <= i+int(d.Dim[kernels.LoopBody]); b++ {
				at := r.p.Steps[b].At(&r.p.Descs[b], iteration, segment, iteration == from)
				if err := r.exec(b, &at); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// forget fills the local memory with NaN, so that a read before a write shows.
func (r *run[T]) forget() { spoil(r.local) }

func spoil[T Float](x []T) {
	for i := range x {
		x[i] = T(math.NaN())
	}
}

// Exec executes one op over arena.
func Exec[T Float](d *kernels.Desc, arena []T) error { return exec(&op[T]{d, arena, nil}) }

func exec[T Float](o *op[T]) error {
	kernel := o.kernel()
	if kernel == nil {
		return fmt.Errorf("ref has no %s", o.Op)
	}
	kernel(o)
	return nil
}

var (
	kernels32 = table[float32]()
	kernels64 = table[float64]()
)

// kernel returns the implementation, or nil for an unknown op.
func (o *op[T]) kernel() func(*op[T]) {
	if t, ok := any(kernels32).(map[kernels.Op]func(*op[T])); ok {
		return t[o.Op]
	}
	return any(kernels64).(map[kernels.Op]func(*op[T]))[o.Op]
}

// family is the implementations of related ops, which stand in one file.
type family[T Float] map[kernels.Op]func(*op[T])

func table[T Float]() map[kernels.Op]func(*op[T]) {
	all := map[kernels.Op]func(*op[T]){}
	for _, f := range []family[T]{
		gemmOps[T](), pointwiseOps[T](), reduceOps[T](), policyOps[T](), attentionOps[T](), convOps[T](),
		gatherOps[T](), randomOps[T](), optimOps[T](), normOps[T](), imageOps[T](), rolloutOps[T](),
	} {
		maps.Copy(all, f)
	}
	return all
}
