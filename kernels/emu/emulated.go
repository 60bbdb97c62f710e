//go:build emu

package emu

// Contraction is off as for nvcc (-fmad=false), by CGO_CXXFLAGS of make test-emu.

/*
#cgo CXXFLAGS: -std=c++17 -O2 -Wall
#include "../gpu/cuda/gmel_cuda.h"
void gmel_emu_order(int order);
*/
import "C"

import (
	"sync"
	"unsafe"
)

const (
	name   = "emu"
	device = "CUDA emulated on one thread"
)

// isas are the orders of blocks and threads, indexed by the codes of emu.h.
var isas = []string{"forward", "backward", "shuffled"}

// executor needs no state: kernels are functions of this program.
type executor struct{}

// emulation is held by a launch: all devices of a process share the threads of the emulation, and what they share.
var emulation sync.Mutex

func (e *executable) launch(i C.int64_t, arena *C.float) error {
	emulation.Lock()
	defer emulation.Unlock()
	C.gmel_emu_order(C.int(e.backend.isa))
	C.gmel_cuda_enqueue(e.plan, i, nil, arena, e.scratch) // faults end the process
	return nil
}

// memory is that of the host.
type memory struct{}

func (*memory) place(_ string, at unsafe.Pointer, _ C.size_t) unsafe.Pointer { return at }

func (*memory) floats(_ string, data []float32) *C.float { return (*C.float)(unsafe.SliceData(data)) }
