//go:build gpu && !cpu

package gpu

/*
#include "cuda/gmel_cuda.h"
*/
import "C"

import (
	"fmt"
	"runtime"
	"unsafe"

	"gorgonia.org/cu"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/chain"
	"github.com/gmel-go/gmel/kernels/launch"
)

// plan is a Program as a list of launches.
type plan struct {
	c      *C.gmel_cuda_plan
	ops    []int  // of every launch, the first of a chain
	counts []int  // ops of every launch
	onHost []bool // every launch: the host plays it
}

// newPlan hands the Program to C, which copies it. guests are its environments on the device; kernels note at the
// backend's mark that they have begun, with the number of the Program.
func (b *backend) newPlan(p *kernels.Program, guests []*kernels.Guest, number uint32) (*plan, error) {
	var pin runtime.Pinner
	defer pin.Unpin()
	x := launch.Of(&pin, p, b.schedule(p), b.precision, worldsOf(guests))
	x.Mark, x.Number = b.mark.at, number
	c := (*C.gmel_cuda_program)(unsafe.Pointer(x))
	if op := kernels.Op(C.gmel_cuda_missing(c.descs, c.count)); op != kernels.OpNone {
		return nil, fmt.Errorf("gpu: program %q: there is no kernel for %s", p.Name, op)
	}
	l := &plan{c: C.gmel_cuda_plan_new(c)}
	if l.c == nil {
		return nil, fmt.Errorf("gpu: program %q: out of memory of the host", p.Name)
	}
	for i := range C.gmel_cuda_plan_launches(l.c) {
		l.ops = append(l.ops, int(C.gmel_cuda_plan_op(l.c, i)))
		l.counts = append(l.counts, int(C.gmel_cuda_plan_ops(l.c, i)))
		l.onHost = append(l.onHost, C.gmel_cuda_plan_on_host(l.c, i) != 0)
	}
	return l, nil
}

// schedule is the order of launches; debugging and profiling look at each op.
func (b *backend) schedule(p *kernels.Program) *chain.Schedule {
	return launch.Schedule(p, b.precision, b.alone || b.options.Debug || b.options.Profile)
}

// scratch is what the launches share, in floats.
func (l *plan) scratch() int64 { return int64(C.gmel_cuda_plan_scratch(l.c)) }

// ScratchOf implements kernels.Limited. It is arithmetic, and asks nothing of the device: neither who plays the
// environments nor the number of a Program changes it.
func (b *backend) ScratchOf(p *kernels.Program) (int64, error) {
	if b.thread == nil {
		return 0, errClosed
	}
	if err := p.Validate(); err != nil {
		return 0, fmt.Errorf("gpu: %w", err)
	}
	l, err := b.newPlan(p, nil, 0)
	if err != nil {
		return 0, err
	}
	defer l.free()
	return allocated(l.scratch()), nil
}

// enqueue puts a launch on a stream.
func (l *plan) enqueue(launch int, s cu.Stream, arena, scratch cu.DevicePtr) error {
	return checkCode(int32(C.gmel_cuda_enqueue(l.c, C.int64_t(launch), unsafe.Pointer(s.C()), floats(arena), floats(scratch))))
}

// floats is a place in the device's memory as C sees it.
func floats(at cu.DevicePtr) *C.float { return *(**C.float)(unsafe.Pointer(&at)) }

func (l *plan) free() {
	C.gmel_cuda_plan_free(l.c)
	l.c = nil
}

// segment is a stretch of launches [from, to) that needs no host, then the op that the host plays,
// -1 for none.
type segment struct{ from, to, step int }

// segments cuts the list of launches where the host plays one.
func (l *plan) segments() (list []segment) {
	from := 0
	for i, op := range l.ops {
		if l.onHost[i] {
			list = append(list, segment{from, i, op})
			from = i + 1
		}
	}
	if from < len(l.ops) {
		list = append(list, segment{from, len(l.ops), -1})
	}
	return list
}
