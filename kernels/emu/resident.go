//go:build emu || ptx

package emu

/*
#include <stdlib.h>
#include "../gpu/cuda/gmel_cuda.h"
*/
import "C"

import (
	"fmt"
	"unsafe"

	"github.com/gmel-go/gmel/kernels"
)

// deviceState is the "device" memory of an environment, with addresses of the host.
type deviceState struct {
	world                  C.gmel_cuda_world
	tables, state, scratch C.size_t // sizes in words
}

func allocateState(image *kernels.Image) (kernels.DeviceState, error) {
	kernel := C.CString(image.Kernel)
	defer C.free(unsafe.Pointer(kernel))
	game := C.gmel_cuda_environment_of(kernel)
	if game == nil {
		return nil, fmt.Errorf("no kernel plays %q", image.Kernel)
	}
	words := C.gmel_cuda_environment_scratch(game, unsafe.Pointer(&image.Params[0]), C.int64_t(len(image.Params)))
	if words < 0 {
		return nil, fmt.Errorf("the kernel that plays %q was built for other parameters", image.Kernel)
	}
	s := &deviceState{tables: C.size_t(len(image.Tables)), state: C.size_t(len(image.State)), scratch: C.size_t(words) * C.size_t(image.Worlds)}
	s.world = C.gmel_cuda_world{
		environment: game,
		params:      C.CBytes(image.Params), params_bytes: C.int64_t(len(image.Params)), device_params: C.CBytes(image.Params),
		tables: (*C.uint32_t)(C.CBytes(bytesOf(image.Tables))), state: (*C.uint32_t)(C.CBytes(bytesOf(image.State))),
		scratch: (*C.uint32_t)(C.calloc(s.scratch, 4)), fault: (*C.int32_t)(C.calloc(faultWords, 4)),
	}
	return s, nil
}

// faultWords are the number of an agent + 1, 0 for none, and its action.
const faultWords = 2

func bytesOf(s []uint32) []byte { return unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), 4*len(s)) }

func (s *deviceState) Push(image *kernels.Image) error {
	copy(unsafe.Slice((*byte)(s.world.device_params), len(image.Params)), image.Params)
	copy(unsafe.Slice((*uint32)(s.world.state), len(image.State)), image.State)
	return nil
}

func (s *deviceState) Pull(image *kernels.Image) error {
	copy(image.State, unsafe.Slice((*uint32)(s.world.state), len(image.State)))
	return nil
}

func (s *deviceState) Refused() (agent, action int, ok bool, err error) {
	f := unsafe.Slice(s.world.fault, faultWords)
	agent, action, ok = int(f[0])-1, int(f[1]), f[0] != 0
	f[0] = 0
	return agent, action, ok, nil
}

func (s *deviceState) Free() error {
	w := &s.world
	for _, p := range []unsafe.Pointer{
		w.params, w.device_params, unsafe.Pointer(w.tables), unsafe.Pointer(w.state), unsafe.Pointer(w.scratch), unsafe.Pointer(w.fault),
	} {
		C.free(p)
	}
	s.world = C.gmel_cuda_world{}
	return nil
}

// onDevice is the environment with addresses of the device.
func (s *deviceState) onDevice(m *memory) C.gmel_cuda_world {
	w := s.world
	w.device_params = m.place("parameters of worlds", w.device_params, C.size_t(w.params_bytes))
	w.tables = (*C.uint32_t)(m.place("tables of worlds", unsafe.Pointer(w.tables), 4*s.tables))
	w.state = (*C.uint32_t)(m.place("state of worlds", unsafe.Pointer(w.state), 4*s.state))
	w.scratch = (*C.uint32_t)(m.place("scratch of worlds", unsafe.Pointer(w.scratch), 4*s.scratch))
	w.fault = (*C.int32_t)(m.place("fault of worlds", unsafe.Pointer(w.fault), 4*faultWords))
	return w
}

// worlds lists the residents for C; state is nil if the host plays.
func worlds(residents []*kernels.Resident, m *memory) []C.gmel_cuda_world {
	list := make([]C.gmel_cuda_world, len(residents))
	for i, g := range residents {
		if g != nil {
			list[i] = g.State.(*deviceState).onDevice(m)
		}
	}
	return list
}
