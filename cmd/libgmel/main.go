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
	"errors"
	"maps"
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

// call runs f on the session of a handle.
func call(handle C.uintptr_t, f func(*session) error) *C.char {
	return sentence(withSession(uintptr(handle), f))
}

// tell writes a text about the session of a handle to an address; the caller frees it.
func tell(handle C.uintptr_t, to **C.char, f func(*session) string) *C.char {
	return call(handle, func(s *session) error {
		*to = C.CString(f(s))
		return nil
	})
}

// gmel_open makes worlds and resets them to the seed.
//
//export gmel_open
func gmel_open(c *C.gmel_config, handle *C.uintptr_t) *C.char {
	s, err := open(&settings{
		scenario: C.GoString(c.scenario), engine: C.GoString(c.engine), seed: uint64(c.seed),
		worlds: int(c.worlds), threads: int(c.threads), recordTasks: c.record_tasks != 0,
		heldOut: c.held_out != 0, pictures: c.pictures != 0,
	})
	if err != nil {
		return sentence(err)
	}
	*handle = C.uintptr_t(register(s))
	return nil
}

// gmel_close gives the worlds and their arrays back. The arrays must not be used again.
//
//export gmel_close
func gmel_close(handle C.uintptr_t) *C.char { return sentence(release(uintptr(handle))) }

// gmel_reset starts episode 0 of the seed in every world.
//
//export gmel_reset
func gmel_reset(handle C.uintptr_t, seed C.uint64_t) *C.char {
	return call(handle, func(s *session) error {
		s.reset(uint64(seed))
		return nil
	})
}

// gmel_restart starts the next episode in the n worlds whose flag is set.
//
//export gmel_restart
func gmel_restart(handle C.uintptr_t, chosen *C.uint8_t, n C.int64_t) *C.char {
	return call(handle, func(s *session) error {
		flags, err := sliceOf[bool](unsafe.Pointer(chosen), n)
		if err != nil {
			return err
		}
		return s.restart(flags)
	})
}

// gmel_step plays one slot with n actions [W, A] in the worlds whose flag is set, or in all
// if chosen is NULL.
//
//export gmel_step
func gmel_step(handle C.uintptr_t, actions *C.int32_t, n C.int64_t, chosen *C.uint8_t) *C.char {
	return call(handle, func(s *session) error {
		given, err := sliceOf[int32](unsafe.Pointer(actions), n)
		if err != nil {
			return err
		}
		if chosen == nil {
			return s.step(given, nil)
		}
		return s.step(given, unsafe.Slice((*bool)(unsafe.Pointer(chosen)), s.worlds.W))
	})
}

// gmel_play plays at most so many slots with the heuristic of that name. It returns after about a
// tenth of a second and says how many it played, so that the caller can handle its signals.
//
//export gmel_play
func gmel_play(handle C.uintptr_t, policy *C.char, seed C.uint64_t, slots C.int64_t, played *C.int64_t) *C.char {
	return call(handle, func(s *session) error {
		n, err := s.play(C.GoString(policy), uint64(seed), int(slots))
		*played = C.int64_t(n)
		return err
	})
}

// gmel_save copies the state of the worlds to new memory of `size` bytes; the caller frees it.
//
//export gmel_save
func gmel_save(handle C.uintptr_t, to *unsafe.Pointer, size *C.int64_t) *C.char {
	return call(handle, func(s *session) error {
		state, err := s.save()
		if err == nil {
			*to, *size = C.CBytes(state), C.int64_t(len(state))
		}
		return err
	})
}

// gmel_load sets the state of the worlds to one that gmel_save copied from worlds with the same
// scenario and number of worlds.
//
//export gmel_load
func gmel_load(handle C.uintptr_t, state unsafe.Pointer, size C.int64_t) *C.char {
	return call(handle, func(s *session) error {
		given, err := sliceOf[byte](state, size)
		if err != nil {
			return err
		}
		return s.load(given)
	})
}

// gmel_memory says where the state lies: it writes at most n spans and how many there are. They are
// valid until gmel_close.
//
//export gmel_memory
func gmel_memory(handle C.uintptr_t, to *C.gmel_span, n C.int64_t, spans *C.int64_t) *C.char {
	return call(handle, func(s *session) error {
		room, err := sliceOf[C.gmel_span](unsafe.Pointer(to), n)
		if err != nil {
			return err
		}
		*spans = C.int64_t(len(s.memory))
		for i, m := range s.memory[:min(len(s.memory), len(room))] {
			room[i] = C.gmel_span{data: unsafe.Pointer(unsafe.SliceData(m)), size: C.int64_t(len(m))}
		}
		return nil
	})
}

// gmel_adopt sets the state to that of other worlds with the same scenario, number of worlds and
// recording, which had the seed and lay in n spans of memory.
//
//export gmel_adopt
func gmel_adopt(handle C.uintptr_t, seed C.uint64_t, from *C.gmel_span, n C.int64_t) *C.char {
	return call(handle, func(s *session) error {
		spans, err := sliceOf[C.gmel_span](unsafe.Pointer(from), n)
		if err != nil {
			return err
		}
		var memory [][]byte
		for _, span := range spans {
			memory = append(memory, unsafe.Slice((*byte)(span.data), int(span.size)))
		}
		return s.adopt(uint64(seed), memory)
	})
}

// gmel_names writes the names that gmel_find knows, one a line.
//
//export gmel_names
func gmel_names(handle C.uintptr_t, to **C.char) *C.char {
	return tell(handle, to, func(s *session) string { return strings.Join(slices.Sorted(maps.Keys(s.arrays)), "\n") })
}

// gmel_find says where an array lies.
//
//export gmel_find
func gmel_find(handle C.uintptr_t, name *C.char, to *C.gmel_array) *C.char {
	return call(handle, func(s *session) error {
		a, err := s.find(C.GoString(name))
		if err != nil {
			return err
		}
		to.data, to.kind, to.rank = a.data, C.int32_t(a.kind), C.int32_t(len(a.shape))
		for i, n := range a.shape {
			to.shape[i] = C.int64_t(n)
		}
		return nil
	})
}

// gmel_picture draws the last slot of a world. If next is 1, and where no slot of an episode has been played, it draws the slot
// that is to be played. It writes the address of height x width x 3 bytes, red, green and blue; the caller frees them.
//
//export gmel_picture
func gmel_picture(handle C.uintptr_t, world C.int64_t, next C.int32_t, to *unsafe.Pointer, height, width *C.int64_t) *C.char {
	return call(handle, func(s *session) error {
		rgb, at, err := s.picture(int(world), next != 0)
		if err == nil {
			*to, *height, *width = C.CBytes(rgb), C.int64_t(at.Dy()), C.int64_t(at.Dx())
		}
		return err
	})
}

// gmel_engine writes the name of the engine that plays.
//
//export gmel_engine
func gmel_engine(handle C.uintptr_t, to **C.char) *C.char {
	return tell(handle, to, func(s *session) string { return s.worlds.Engine() })
}

// gmel_scenario writes the effective scenario as YAML.
//
//export gmel_scenario
func gmel_scenario(handle C.uintptr_t, to **C.char) *C.char {
	return tell(handle, to, func(s *session) string { return string(s.worlds.Scenario().YAML()) })
}

// gmel_free frees memory that this library returned.
//
//export gmel_free
func gmel_free(memory unsafe.Pointer) { C.free(memory) }

// sliceOf is the memory of a caller as a slice.
func sliceOf[T any](data unsafe.Pointer, n C.int64_t) ([]T, error) {
	if data == nil || n < 0 {
		return nil, errors.New("gmel: an array is missing or has a negative length")
	}
	return unsafe.Slice((*T)(data), int(n)), nil
}
