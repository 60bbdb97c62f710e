//go:build cgo

package cpu

/*
#include "interpreter.h"

int32_t gmelPlay(void *self, int64_t task, float **slot);
static inline int32_t play_in_go(void *self, int64_t task, float *const slot[MAX_ARGS]) { return gmelPlay(self, task, (float **)slot); }
static inline gmel_environment in_go(uintptr_t handle) { return (gmel_environment){play_in_go, handle, 1}; }
static inline gmel_environment native(uintptr_t play, uintptr_t self, int64_t tasks) {
	return (gmel_environment){(int32_t (*)(void *, int64_t, float *const *))play, self, tasks};
}
*/
import "C"

import (
	"runtime/cgo"
	"unsafe"

	"github.com/gmel-go/gmel/kernels"
)

// environment connects an environment of a Program with C. One that is not native is called
// back: its single task runs on the thread that called Run.
type environment struct {
	env    kernels.Environment
	handle cgo.Handle // 0 for a native one
	err    error      // of the last slot played in Go
}

type environments []*environment

func connect(list []kernels.Environment) (all environments) {
	for _, env := range list {
		e := &environment{env: env}
		if _, ok := env.(kernels.Native); !ok {
			e.handle = cgo.NewHandle(e)
		}
		all = append(all, e)
	}
	return all
}

func (all environments) close() {
	for _, e := range all {
		if e.handle != 0 {
			e.handle.Delete()
		}
	}
}

func (all environments) native() (list []C.gmel_environment) {
	for _, e := range all {
		if n, ok := e.env.(kernels.Native); ok {
			play, self, tasks := n.Native()
			list = append(list, C.native(C.uintptr_t(play), C.uintptr_t(self), C.int64_t(tasks)))
			continue
		}
		list = append(list, C.in_go(C.uintptr_t(e.handle)))
	}
	return list
}

// ready brings the state of native environments to where C plays it.
func (all environments) ready() error {
	for _, e := range all {
		if n, ok := e.env.(kernels.Native); ok {
			if err := n.Ready(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *environment) fault() error {
	if n, ok := e.env.(kernels.Native); ok {
		return n.Fault()
	}
	return e.err
}

//export gmelPlay
func gmelPlay(self unsafe.Pointer, _ C.int64_t, slot **C.float) C.int32_t {
	e := cgo.Handle(uintptr(self)).Value().(*environment)
	if e.err = e.env.Play(e.slot(unsafe.Slice(slot, kernels.MaxArgs))); e.err != nil {
		return 1
	}
	return 0
}

// slot makes slices of the arguments of an OpStep.
func (e *environment) slot(at []*C.float) kernels.Slot {
	d := kernels.StepOf(0, e.env)
	spec, _ := kernels.SpecOf(d.Op)
	return kernels.SlotOf(func(i int) []float32 { return unsafe.Slice((*float32)(at[i]), spec.Args[i].Len(&d)) })
}
