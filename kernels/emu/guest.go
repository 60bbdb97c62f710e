//go:build emu

package emu

/*
#include <stdlib.h>
#include "../gpu/cuda/gmel_cuda.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/gmel-go/gmel/kernels"
)

// guest is an environment in the memory of the "device"; world.state is nil where the host plays.
type guest struct {
	*kernels.Guest
	world C.gmel_cuda_world
}

type guests []*guest

func newGuests(list []kernels.Environment) (all guests, err error) {
	for _, env := range list {
		g := &guest{}
		all = append(all, g)
		portable, ok := env.(kernels.Portable)
		if !ok {
			continue
		}
		if image := portable.Image(); image != nil {
			w, _, _, _ := env.Sizes()
			if err := g.make(portable, image, w); err != nil {
				return nil, errors.Join(err, all.close())
			}
		}
	}
	return all, nil
}

func (g *guest) make(env kernels.Portable, image *kernels.Image, worlds int) error {
	words := C.gmel_cuda_edge_scratch(unsafe.Pointer(&image.Params[0]), C.int64_t(len(image.Params)))
	if image.Kernel != "edge" || words < 0 {
		return fmt.Errorf("no kernel for the environment %q with %d bytes of parameters", image.Kernel, len(image.Params))
	}
	g.Guest = &kernels.Guest{Env: env, Push: g.push, Pull: g.pull}
	g.world = C.gmel_cuda_world{
		params: C.CBytes(image.Params), params_bytes: C.int64_t(len(image.Params)), device_params: C.CBytes(image.Params),
		tables: (*C.uint32_t)(C.CBytes(bytesOf(image.Tables))), state: (*C.uint32_t)(C.CBytes(bytesOf(image.State))),
		scratch: (*C.uint32_t)(C.calloc(C.size_t(words)*C.size_t(worlds), 4)), fault: (*C.int32_t)(C.calloc(2, 4)),
	}
	return nil
}

func bytesOf(s []uint32) []byte { return unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), 4*len(s)) }

func (g *guest) push(image *kernels.Image) error {
	copy(unsafe.Slice((*byte)(g.world.device_params), len(image.Params)), image.Params)
	copy(unsafe.Slice((*uint32)(g.world.state), len(image.State)), image.State)
	return nil
}

func (g *guest) pull(image *kernels.Image) error {
	copy(image.State, unsafe.Slice((*uint32)(g.world.state), len(image.State)))
	return nil
}

func (all guests) list() (list []C.gmel_cuda_world) {
	for _, g := range all {
		list = append(list, g.world)
	}
	return list
}

func (all guests) enter() error {
	for _, g := range all {
		if g.Guest != nil {
			if err := g.Enter(); err != nil {
				return err
			}
		}
	}
	return nil
}

// fault explains an action that a kernel refused.
func (all guests) fault() error {
	for _, g := range all {
		if g.Guest == nil {
			continue
		}
		if f := unsafe.Slice(g.world.fault, 2); f[0] != 0 {
			agent, action := int(f[0])-1, int(f[1])
			f[0] = 0
			return g.Env.Illegal(agent, action)
		}
	}
	return nil
}

func (all guests) close() (err error) {
	for _, g := range all {
		if g.Guest == nil {
			continue
		}
		err = errors.Join(err, g.Leave())
		for _, p := range []unsafe.Pointer{
			g.world.params, g.world.device_params, unsafe.Pointer(g.world.tables), unsafe.Pointer(g.world.state), unsafe.Pointer(g.world.scratch),
			unsafe.Pointer(g.world.fault),
		} {
			C.free(p)
		}
		g.world = C.gmel_cuda_world{}
		g.Guest = nil
	}
	return err
}
