//go:build emu

package emu

/*
#include "../gpu/cuda/gmel_cuda.h"
void gmel_emu_large_device(int large);
*/
import "C"

import (
	"fmt"
	"runtime"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/copies"
)

// Launch is a launch of a Program on a GPU.
type Launch struct {
	Kernel  string // its struct, such as "elementwise<binary>"; "" for an OpStep
	Ops     []int  // indices into Program.Descs
	Blocks  int64
	Threads int  // of a block
	Casts   bool // it makes copies in bf16; Ops are those that read them first
}

// Launches lists the launches of p in a precision on an H200. Programs with worlds are planned as if the host plays them.
func Launches(p *kernels.Program, precision string) ([]Launch, error) {
	index, err := kernels.Options{Precision: precision}.PrecisionIndex("emu")
	if err != nil {
		return nil, err
	}
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("emu: %w", err)
	}
	C.gmel_emu_large_device(1)
	defer C.gmel_emu_large_device(0)
	var pin runtime.Pinner
	defer pin.Unpin()
	plan, err := newPlan((&backend{precision: index, least: copies.LaunchBytes}).layout(&pin, p, nil))
	if err != nil {
		return nil, fmt.Errorf("emu: program %q: %w", p.Name, err)
	}
	defer C.gmel_cuda_plan_free(plan)
	var list []Launch
	for i := range C.gmel_cuda_plan_launches(plan) {
		shape := C.gmel_cuda_plan_shape(plan, i)
		l := Launch{Blocks: int64(shape.blocks_x * shape.blocks_y), Threads: int(shape.threads), Casts: shape.casts != 0}
		if shape.kernel != nil {
			l.Kernel = Demangle(C.GoString(shape.kernel))
		}
		for n := range C.gmel_cuda_plan_ops(plan, i) {
			l.Ops = append(l.Ops, int(C.gmel_cuda_plan_op(plan, i, n)))
		}
		list = append(list, l)
	}
	return list, nil
}
