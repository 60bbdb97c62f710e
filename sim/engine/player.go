//go:build cgo

package engine

/*
#include "world_play.h"
#include <stdlib.h>

static uintptr_t play_address(void) { return (uintptr_t)world_play; }
*/
import "C"

import (
	"runtime"
	"unsafe"

	"github.com/gmel-go/gmel/kernels"
)

// Player plays slots for Programs. Its stage, in C memory, has the addresses of Go memory
// that is pinned as long as the Player is.
type Player struct {
	stage   *C.world_stage
	actions []int32 // [W, A]
	tasks   int
}

// NewPlayer makes a Player that cuts a slot into tasks, each of a part of the worlds.
func (e *Engine) NewPlayer(tasks int) *Player {
	words := int(C.world_scratch_words(&e.params))
	p := &Player{actions: make([]int32, e.worlds*int(e.params.agents)), tasks: min(e.worlds, tasks)}
	scratch := make([]uint32, words*p.tasks)
	stage := (*C.world_stage)(C.malloc(C.sizeof_world_stage))
	var pin runtime.Pinner
	for _, x := range []any{&e.params, &e.tables[0], &e.state[0], &scratch[0], &p.actions[0]} {
		pin.Pin(x)
	}
	*stage = C.world_stage{
		isa: e.isa, params: &e.params, tables: word(e.tables), state: word(e.state), scratch: word(scratch), scratch_words: C.int64_t(words),
		actions: (*C.int32_t)(&p.actions[0]), worlds: C.int32_t(e.worlds), tasks: C.int32_t(p.tasks),
	}
	p.stage = stage
	runtime.AddCleanup(p, func(pin *runtime.Pinner) {
		pin.Unpin()
		C.free(unsafe.Pointer(stage))
	}, &pin)
	return p
}

// Actions [W, A] are those of the last slot that a Program has played; with services, of worlds that were played, the destinations alone.
func (p *Player) Actions() []int32 { return p.actions }

// Native is the function that plays a task of a slot, its first argument and the number of tasks (kernels.Native).
func (p *Player) Native() (play, self uintptr, tasks int) {
	return uintptr(C.play_address()), uintptr(unsafe.Pointer(p.stage)), p.tasks
}

// Report writes what the last slot has shown to all tensors but Act.
func (p *Player) Report(s *kernels.Slot) {
	var to [C.SLOT_END]*C.float
	var pin runtime.Pinner
	defer pin.Unpin()
	for i, t := range s.Tensors() {
		to[i] = (*C.float)(unsafe.SliceData(*t))
		pin.Pin(to[i])
	}
	C.world_report(p.stage, 0, C.int64_t(p.stage.worlds), &to[0])
}
