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

// room is an environment in the memory of the device: one piece of memory with the copy of the
// scalars that may change, the tables, the state, working memory and the fault, in this order.
type room struct {
	backend *backend
	game    *C.gmel_cuda_environment
	params  unsafe.Pointer // the scalars, in C memory: they decide on a launch
	size    int            // of params, bytes
	at      [roomParts]cu.DevicePtr
	played  bool // since the fault was last looked at
}

const (
	roomParams = iota
	roomTables
	roomState
	roomScratch
	roomFault
	roomParts
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

// roomSizes are the parts in words; an error where no kernel plays the image.
func roomSizes(image *kernels.Image) (sizes [roomParts]int64, err error) {
	game, err := gameOf(image)
	if err != nil {
		return sizes, err
	}
	scratch := C.gmel_cuda_environment_scratch(game, unsafe.Pointer(&image.Params[0]), C.int64_t(len(image.Params)))
	if scratch < 0 {
		return sizes, fmt.Errorf("the kernel that plays %q was built for other parameters; build program and kernels again (make gpu)", image.Kernel)
	}
	return [roomParts]int64{
		int64(len(image.Params)+floatBytes-1) / floatBytes, int64(len(image.Tables)), int64(len(image.State)),
		int64(scratch) * int64(image.Worlds), faultWords,
	}, nil
}

// places are where parts of such sizes begin, 256 bytes aligned, and where the last one ends.
func places(sizes [roomParts]int64) (at [roomParts]int64, end int64) {
	for i, n := range sizes {
		at[i] = end
		end += (n + 63) / 64 * 64
	}
	return at, end
}

// RoomFor implements kernels.Hosting.
func (b *backend) RoomFor(image *kernels.Image) (int64, error) {
	sizes, err := roomSizes(image)
	if err != nil {
		return 0, err
	}
	_, words := places(sizes)
	return words * floatBytes, nil
}

// rent takes memory for an environment and brings its tables there.
func (b *backend) rent(image *kernels.Image) (kernels.Room, error) {
	sizes, err := roomSizes(image)
	if err != nil {
		return nil, fmt.Errorf("gpu: %w", err)
	}
	game, err := gameOf(image)
	if err != nil {
		return nil, fmt.Errorf("gpu: %w", err)
	}
	r := &room{backend: b, game: game, size: len(image.Params)}
	err = b.do(func() error {
		at, words := places(sizes)
		memory, err := b.allocate(words)
		if err != nil {
			return b.tooLittle(fmt.Sprintf("the memory of %d worlds", image.Worlds), words, "train.worlds", err)
		}
		for i := range r.at {
			r.at[i] = memory + cu.DevicePtr(at[i]*floatBytes)
		}
		if err := b.toDevice(r.at[roomTables], floatsOf(image.Tables)); err != nil {
			return errors.Join(err, cu.MemFree(memory))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	r.params = C.CBytes(image.Params)
	return r, nil
}

// floatsOf are the same bits; they are only copied.
func floatsOf[T int32 | uint32](s []T) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(s))), len(s))
}

// Push implements kernels.Room.
func (r *room) Push(image *kernels.Image) error {
	scalars := make([]uint32, (len(image.Params)+floatBytes-1)/floatBytes)
	copy(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(scalars))), len(image.Params)), image.Params)
	return r.backend.do(func() error {
		if err := r.backend.toDevice(r.at[roomParams], floatsOf(scalars)); err != nil {
			return err
		}
		return r.backend.toDevice(r.at[roomState], floatsOf(image.State))
	})
}

// Pull implements kernels.Room.
func (r *room) Pull(image *kernels.Image) error {
	return r.backend.do(func() error { return r.backend.toHost(floatsOf(image.State), r.at[roomState]) })
}

// Refused implements kernels.Room: it waits for the device where slots have been played since it was
// last asked.
func (r *room) Refused() (agent, action int, ok bool, err error) {
	if !r.played {
		return 0, 0, false, nil
	}
	var fault [faultWords]int32
	err = r.backend.do(func() error {
		r.played = false
		if err := r.backend.toHost(floatsOf(fault[:]), r.at[roomFault]); err != nil || fault[0] == 0 {
			return err
		}
		return r.backend.toDevice(r.at[roomFault], make([]float32, faultWords))
	})
	return int(fault[0]) - 1, int(fault[1]), fault[0] != 0, err
}

// Free implements kernels.Room.
func (r *room) Free() error {
	C.free(r.params)
	return r.backend.release(func() error { return cu.MemFree(r.at[0]) })
}

// worldsOf lists the rooms of guests for C; state is nil where the host plays.
func worldsOf(guests []*kernels.Guest) []C.gmel_cuda_world {
	list := make([]C.gmel_cuda_world, len(guests))
	for i, g := range guests {
		if g == nil {
			continue
		}
		r := g.Room.(*room)
		part := func(i int) *C.uint32_t { return (*C.uint32_t)(unsafe.Pointer(floats(r.at[i]))) }
		list[i] = C.gmel_cuda_world{
			environment: r.game,
			params:      r.params, params_bytes: C.int64_t(r.size), device_params: unsafe.Pointer(part(roomParams)),
			tables: part(roomTables), state: part(roomState), scratch: part(roomScratch), fault: (*C.int32_t)(unsafe.Pointer(part(roomFault))),
		}
	}
	return list
}
