//go:build gpu && !cpu

package gpu

/*
#include <stdlib.h>
#include "cuda/gmel_cuda.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"gorgonia.org/cu"

	"github.com/gmel-go/gmel/kernels"
)

// deviceState is the device memory of an environment: one allocation with the copy of the scalars that may
// change, the tables, the state, scratch memory and the fault, in this order.
type deviceState struct {
	backend *backend
	game    *C.gmel_cuda_environment
	params  unsafe.Pointer // the scalars, in C memory: they decide on a launch
	size    int            // of params, bytes
	at      [partCount]cu.DevicePtr
	played  bool // since the fault was last looked at
}

const (
	partParams = iota
	partTables
	partState
	partScratch
	partFault
	partCount
)

// faultWords are the number of an agent + 1, 0 for none, and its action.
const faultWords = 2

// gameOf finds the kernel that plays an image.
func gameOf(image *kernels.Image) (*C.gmel_cuda_environment, error) {
	name := C.CString(image.Kernel)
	defer C.free(unsafe.Pointer(name))
	game := C.gmel_cuda_environment_of(name)
	if game == nil {
		return nil, fmt.Errorf("no kernel plays %q", image.Kernel)
	}
	return game, nil
}

// partSizes are the sizes of the parts in words, or an error if no kernel plays the image.
func partSizes(image *kernels.Image) (sizes [partCount]int64, err error) {
	game, err := gameOf(image)
	if err != nil {
		return sizes, err
	}
	scratch := C.gmel_cuda_environment_scratch(game, unsafe.Pointer(&image.Params[0]), C.int64_t(len(image.Params)))
	if scratch < 0 {
		return sizes, fmt.Errorf("the kernel that plays %q was built for other parameters; build program and kernels again (make gpu)", image.Kernel)
	}
	return [partCount]int64{
		int64(len(image.Params)+floatBytes-1) / floatBytes, int64(len(image.Tables)), int64(len(image.State)),
		int64(scratch) * int64(image.Worlds), faultWords,
	}, nil
}

// places are the offsets of parts with these sizes, aligned to 256 bytes, and the end of the last part.
func places(sizes [partCount]int64) (at [partCount]int64, end int64) {
	for i, n := range sizes {
		at[i] = end
		end += (n + 63) / 64 * 64
	}
	return at, end
}

// StateBytes implements kernels.DeviceBackend.
func (b *backend) StateBytes(image *kernels.Image) (int64, error) {
	sizes, err := partSizes(image)
	if err != nil {
		return 0, err
	}
	_, words := places(sizes)
	return words * floatBytes, nil
}

// allocateState allocates memory for an environment and copies its tables there.
func (b *backend) allocateState(image *kernels.Image) (kernels.DeviceState, error) {
	sizes, err := partSizes(image)
	if err != nil {
		return nil, fmt.Errorf("gpu: %w", err)
	}
	game, err := gameOf(image)
	if err != nil {
		return nil, fmt.Errorf("gpu: %w", err)
	}
	s := &deviceState{backend: b, game: game, size: len(image.Params)}
	err = b.do(func() error {
		at, words := places(sizes)
		memory, err := b.allocate(words)
		if err != nil {
			return b.tooLittle(fmt.Sprintf("the memory of %d worlds", image.Worlds), words, "train.worlds", err)
		}
		for i := range s.at {
			s.at[i] = memory + cu.DevicePtr(at[i]*floatBytes)
		}
		if err := b.toDevice(s.at[partTables], floatsOf(image.Tables)); err != nil {
			return errors.Join(err, cu.MemFree(memory))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.params = C.CBytes(image.Params)
	return s, nil
}

// floatsOf are the same bits; they are only copied.
func floatsOf[T int32 | uint32](s []T) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(s))), len(s))
}

// Push implements kernels.DeviceState.
func (s *deviceState) Push(image *kernels.Image) error {
	scalars := make([]uint32, (len(image.Params)+floatBytes-1)/floatBytes)
	copy(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(scalars))), len(image.Params)), image.Params)
	return s.backend.do(func() error {
		if err := s.backend.toDevice(s.at[partParams], floatsOf(scalars)); err != nil {
			return err
		}
		return s.backend.toDevice(s.at[partState], floatsOf(image.State))
	})
}

// Pull implements kernels.DeviceState.
func (s *deviceState) Pull(image *kernels.Image) error {
	return s.backend.do(func() error { return s.backend.toHost(floatsOf(image.State), s.at[partState]) })
}

// Refused implements kernels.DeviceState. It waits for the device if slots have been played since the last
// call.
func (s *deviceState) Refused() (agent, action int, ok bool, err error) {
	if !s.played {
		return 0, 0, false, nil
	}
	var fault [faultWords]int32
	err = s.backend.do(func() error {
		s.played = false
		if err := s.backend.toHost(floatsOf(fault[:]), s.at[partFault]); err != nil || fault[0] == 0 {
			return err
		}
		return s.backend.toDevice(s.at[partFault], make([]float32, faultWords))
	})
	return int(fault[0]) - 1, int(fault[1]), fault[0] != 0, err
}

// Free implements kernels.DeviceState.
func (s *deviceState) Free() error {
	C.free(s.params)
	return s.backend.release(func() error { return cu.MemFree(s.at[0]) })
}

// worldsOf lists the residents for C; state is nil if the host plays.
func worldsOf(residents []*kernels.Resident) []C.gmel_cuda_world {
	list := make([]C.gmel_cuda_world, len(residents))
	for i, g := range residents {
		if g == nil {
			continue
		}
		s := g.State.(*deviceState)
		part := func(i int) *C.uint32_t { return (*C.uint32_t)(unsafe.Pointer(floats(s.at[i]))) }
		list[i] = C.gmel_cuda_world{
			environment: s.game,
			params:      s.params, params_bytes: C.int64_t(s.size), device_params: unsafe.Pointer(part(partParams)),
			tables: part(partTables), state: part(partState), scratch: part(partScratch), fault: (*C.int32_t)(unsafe.Pointer(part(partFault))),
		}
	}
	return list
}
