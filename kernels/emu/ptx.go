//go:build ptx

package emu

// The library of kernels is found by LIBRARY_PATH, which build/ptx/env sets.

/*
#cgo CFLAGS: -std=c11 -O2 -Wall
#cgo CXXFLAGS: -std=c++17 -O2 -Wall
#cgo LDFLAGS: -lgmel_cuda -lstdc++ -lm
#include "../gpu/cuda/gmel_cuda.h"
#include "cudart.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime/cgo"
	"slices"
	"unsafe"

	"github.com/gmel-go/gmel/kernels/ptx"
)

const (
	name   = "ptx"
	device = "interpreter of PTX"
)

// isas are the orders of blocks, indexed by ptx.Order.
var isas = []string{"ascending", "descending"}

// executor interprets launches. Tests may replace run.
type executor struct {
	run func(*launched) error
}

// launched is a launch as the device gets it.
type launched struct {
	kernel      *C.cuda_kernel
	entry       *ptx.Entry // nil if only the kernel is asked for
	memory      *memory
	grid, block [3]int
	shared      int // bytes of dynamic shared memory
	params      []byte
	order       ptx.Order // of blocks
	reached     []bool    // Options.Reached
	needed      []bool    // Options.Needed
	steps       int       // Options.MaxSteps
	unchecked   bool      // do not look for races
	only        bool      // the kernel alone is asked for
	err         error
}

// interpret runs a launch without one of the barriers of its entry, or with all if skip is 0. Races are looked for. Shared memory that
// was never written is NaN, and reading it no fault, because kernels read numbers that they do not use.
func (l *launched) interpret(skip int) error {
	o := ptx.Options{Races: !l.unchecked, Poison: true, Order: l.order, SkipBarrier: skip, Reached: l.reached, Needed: l.needed, MaxSteps: l.steps}
	return l.entry.Launch(&l.memory.Memory, l.grid, l.block, l.shared, l.params, o)
}

// launch runs a launch of the plan.
func (e *executable) launch(i C.int64_t, arena *C.float) error {
	l := &launched{memory: &e.memory, order: ptx.Order(e.backend.isa)}
	if err := e.enqueue(i, arena, l); err != nil {
		return err
	}
	if e.backend.run != nil {
		return e.backend.run(l)
	}
	return l.interpret(0)
}

// enqueue makes l launch i of the plan. It passes l to gmel_ptx_launch as the stream of the launch.
func (e *executable) enqueue(i C.int64_t, arena *C.float, l *launched) error {
	handle := cgo.NewHandle(l)
	defer handle.Delete()
	code := C.gmel_cuda_enqueue(e.plan, i, unsafe.Pointer(&handle), arena, e.scratch)
	switch {
	case l.err != nil:
		return l.err
	case code != C.CUDA_SUCCESS:
		return fmt.Errorf("the launch of op %d ended with code %d", C.gmel_cuda_plan_op(e.plan, i, 0), code)
	case l.kernel == nil:
		return errors.New("nothing was launched")
	}
	return nil
}

// targets are what a Program without worlds launches.
func (e *executable) targets() (all []target, err error) {
	for i := range C.gmel_cuda_plan_launches(e.plan) {
		l := &launched{only: true}
		if err := e.enqueue(i, nil, l); err != nil {
			return nil, err
		}
		if !slices.Contains(all, target{l.kernel}) {
			all = append(all, target{l.kernel})
		}
	}
	return all, nil
}

// gmel_ptx_launch completes the launch that the stream names.
//
//export gmel_ptx_launch
func gmel_ptx_launch(kernel *C.cuda_kernel, grid, block C.cuda_dim3, args *unsafe.Pointer, shared C.size_t, stream unsafe.Pointer) C.int {
	l := (*(*cgo.Handle)(stream)).Value().(*launched)
	if l.kernel = kernel; l.only {
		return C.CUDA_SUCCESS
	}
	if l.entry, l.err = entryOf(kernel); l.err != nil {
		return C.CUDA_LAUNCH_FAILURE
	}
	l.grid, l.block, l.shared = sizes(grid), sizes(block), int(shared)
	l.params = paramsOf(l.entry, args)
	return C.CUDA_SUCCESS
}

func sizes(d C.cuda_dim3) [3]int { return [3]int{int(d.x), int(d.y), int(d.z)} }

// memory is that of the device.
type memory struct {
	ptx.Memory
	placed  map[unsafe.Pointer]uint64 // addresses by those of the host
	regions [][]byte
}

// place maps memory of the host and returns its address on the device.
func (m *memory) place(what string, at unsafe.Pointer, bytes C.size_t) unsafe.Pointer {
	address, ok := m.placed[at]
	if !ok {
		if m.placed == nil {
			m.placed = map[unsafe.Pointer]uint64{}
		}
		region := unsafe.Slice((*byte)(at), bytes)
		address = m.Map(what, region)
		m.placed[at], m.regions = address, append(m.regions, region)
	}
	return *(*unsafe.Pointer)(unsafe.Pointer(&address))
}

func (m *memory) floats(what string, data []float32) *C.float {
	return (*C.float)(m.place(what, unsafe.Pointer(unsafe.SliceData(data)), C.size_t(4*len(data))))
}
