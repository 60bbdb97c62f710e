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
	"github.com/gmel-go/gmel/kernels/copies"
	"github.com/gmel-go/gmel/kernels/launch"
)

// plan is a Program as a list of launches.
type plan struct {
	c      *C.gmel_cuda_plan
	ops    [][]int // the ops of every launch; an op of several phases may be in several
	onHost []bool  // for every launch: whether the host plays it
}

// newPlan passes the Program to C, which copies it. residents are its environments on the device. Kernels note in the
// backend's mark that they have begun, with the number of the Program.
func (b *backend) newPlan(p *kernels.Program, residents []*kernels.Resident, number uint32) (*plan, error) {
	var pin runtime.Pinner
	defer pin.Unpin()
	x := launch.Of(&pin, p, b.schedule(p), b.precision, copies.LaunchBytes, worldsOf(residents))
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
		ops := make([]int, C.gmel_cuda_plan_ops(l.c, i))
		for n := range ops {
			ops[n] = int(C.gmel_cuda_plan_op(l.c, i, C.int64_t(n)))
		}
		l.ops = append(l.ops, ops)
		l.onHost = append(l.onHost, C.gmel_cuda_plan_on_host(l.c, i) != 0)
	}
	return l, nil
}

// schedule is the order of launches. It is nil for debugging and profiling, which examine every op.
func (b *backend) schedule(p *kernels.Program) *chain.Schedule {
	return launch.Schedule(p, b.precision, b.alone || b.options.Debug || b.options.Profile)
}

// scratch is the size of the scratch memory that all launches share, in floats.
func (l *plan) scratch() int64 { return int64(C.gmel_cuda_plan_scratch(l.c)) }

// ScratchOf implements kernels.Limited. It is computed without the device: it depends neither on where environments
// are played nor on the number of the Program.
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

// floats is an address in device memory as a C pointer.
func floats(at cu.DevicePtr) *C.float { return *(**C.float)(unsafe.Pointer(&at)) }

func (l *plan) free() {
	C.gmel_cuda_plan_free(l.c)
	l.c = nil
}

// segment is a range of launches [from, to) that does not need the host, and step, the op that the host
// plays after it, or -1 for none.
type segment struct{ from, to, step int }

// segments cuts the list of launches at the ops that the host plays.
func (l *plan) segments() (list []segment) {
	from := 0
	for i, ops := range l.ops {
		if l.onHost[i] {
			list = append(list, segment{from, i, ops[0]})
			from = i + 1
		}
	}
	if from < len(l.ops) {
		list = append(list, segment{from, len(l.ops), -1})
	}
	return list
}
