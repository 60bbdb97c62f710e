//go:build cgo

// Command libgmel is the C face of package sim, built with -buildmode=c-shared for the Python
// package in sim/python. Nothing is kept between calls but what a handle names.
//
// The exported names follow C, because C and Python call them.
package main

/*
#include <stdlib.h>
#include "gmel.h"
*/
import "C"

import (
	"maps"
	"runtime/cgo"
	"slices"
	"strings"
	"unsafe"
)

func main() {} // a c-shared library needs one

// sentence hands an error over; the caller frees it.
func sentence(err error) *C.char {
	if err == nil {
		return nil
	}
	return C.CString(err.Error())
}

func sessionOf(handle C.uintptr_t) *session { return cgo.Handle(handle).Value().(*session) }

// gmel_open makes worlds and resets them to the seed.
//
//export gmel_open
func gmel_open(c *C.gmel_config, handle *C.uintptr_t) *C.char {
	s, err := open(&settings{
		scenario: C.GoString(c.scenario), engine: C.GoString(c.engine), seed: uint64(c.seed),
		worlds: int(c.worlds), threads: int(c.threads), recordTasks: c.record_tasks != 0,
	})
	if err != nil {
		return sentence(err)
	}
	*handle = C.uintptr_t(cgo.NewHandle(s))
	return nil
}

// gmel_close gives the worlds and their arrays back. The handle and the arrays must not be used
// again.
//
//export gmel_close
func gmel_close(handle C.uintptr_t) {
	sessionOf(handle).close()
	cgo.Handle(handle).Delete()
}

// gmel_reset starts episode 0 of the seed in every world.
//
//export gmel_reset
func gmel_reset(handle C.uintptr_t, seed C.uint64_t) { sessionOf(handle).reset(uint64(seed)) }

// gmel_step plays one slot with n actions [W, A].
//
//export gmel_step
func gmel_step(handle C.uintptr_t, actions *C.int32_t, n C.int64_t) *C.char {
	return sentence(sessionOf(handle).step(unsafe.Slice((*int32)(actions), int(n))))
}

// gmel_play plays so many slots with the heuristic of that name.
//
//export gmel_play
func gmel_play(handle C.uintptr_t, policy *C.char, seed C.uint64_t, slots C.int64_t) *C.char {
	return sentence(sessionOf(handle).play(C.GoString(policy), uint64(seed), int(slots)))
}

// gmel_names returns the names that gmel_find knows, one a line; the caller frees it.
//
//export gmel_names
func gmel_names(handle C.uintptr_t) *C.char {
	return C.CString(strings.Join(slices.Sorted(maps.Keys(sessionOf(handle).arrays)), "\n"))
}

// gmel_find says where an array lies.
//
//export gmel_find
func gmel_find(handle C.uintptr_t, name *C.char, to *C.gmel_array) *C.char {
	a, err := sessionOf(handle).find(C.GoString(name))
	if err != nil {
		return sentence(err)
	}
	to.data, to.kind, to.rank = a.data, C.int32_t(a.kind), C.int32_t(len(a.shape))
	for i, n := range a.shape {
		to.shape[i] = C.int64_t(n)
	}
	return nil
}

// gmel_engine returns the name of the engine that plays; the caller frees it.
//
//export gmel_engine
func gmel_engine(handle C.uintptr_t) *C.char { return C.CString(sessionOf(handle).worlds.Engine()) }

// gmel_scenario returns the effective scenario as YAML; the caller frees it.
//
//export gmel_scenario
func gmel_scenario(handle C.uintptr_t) *C.char {
	return C.CString(string(sessionOf(handle).worlds.Scenario().YAML()))
}

// gmel_free frees a text that this library returned.
//
//export gmel_free
func gmel_free(text *C.char) { C.free(unsafe.Pointer(text)) }
