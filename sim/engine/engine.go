//go:build cgo

package engine

/*
#cgo CFLAGS: -std=c11 -O2 -Wall
#cgo LDFLAGS: -lm
#include "world_play.h"
#include <stdlib.h>

static void step_with(const world_isa *isa, const world_params *p, const uint32_t *tables, uint32_t *state, uint32_t *outcomes,
                      const int32_t *actions, uint32_t *scratch, int32_t lo, int32_t hi) {
	isa->step(p, tables, state, outcomes, actions, scratch, lo, hi);
}
static void reset_with(const world_isa *isa, const world_params *p, const uint32_t *tables, uint32_t *state, uint32_t *scratch,
                       int32_t lo, int32_t hi) {
	isa->reset(p, tables, state, scratch, lo, hi);
}
static void show_with(const world_isa *isa, const world_params *p, const uint32_t *tables, uint32_t *state, uint32_t *scratch,
                      int32_t lo, int32_t hi) {
	isa->show(p, tables, state, scratch, lo, hi);
}
static void functions_with(const world_isa *isa, int32_t which, int32_t n, const float *x, float *y) {
	isa->functions(which, n, x, y);
}
*/
import "C"

import "unsafe"

// Engine plays the worlds of one Game.
type Engine struct {
	name     string
	isa      *C.world_isa
	params   C.world_params
	worlds   int
	tables   []uint32
	state    []uint32
	outcomes []uint32   // nil where they are not recorded
	scratch  [][]uint32 // one per thread
}

// sets are the instruction sets, the fastest first. "base" is what every processor of the
// architecture has.
var sets = []string{"avx512", "avx2", "base"}

// Names lists the instruction sets that this processor has, the fastest first.
func Names() (names []string) {
	for _, n := range sets {
		if choose(n) != nil {
			names = append(names, n)
		}
	}
	return names
}

func choose(name string) *C.world_isa {
	text := C.CString(name)
	defer C.free(unsafe.Pointer(text))
	return C.world_choose(text)
}

// New makes the engine of a game for an instruction set of Names. It has no threads yet.
func New(name string, g *Game) *Engine {
	e := &Engine{name: name, isa: choose(name), worlds: g.Worlds, state: g.State.words}
	e.params.layout = C.world_layout()
	e.setAll(g.Scalars)
	e.setTables(g.Tables)
	e.place(stateNames(), g.State.arrays)
	e.place(outcomeNames(), g.Outcomes.arrays)
	return e
}

// Name is the instruction set.
func (e *Engine) Name() string { return e.name }

// Record says where the following steps write outcomes, in the arrays of the Game; a slab without memory: nowhere.
func (e *Engine) Record(outcomes Slab) { e.outcomes = outcomes.words }

// SetThreads gives each of n threads working memory.
func (e *Engine) SetThreads(n int) {
	e.scratch = make([][]uint32, n)
	for k := range e.scratch {
		e.scratch[k] = make([]uint32, C.world_scratch_words(&e.params))
	}
}

// Step plays a slot of worlds [lo, hi) on one of the threads, actions [W, A].
func (e *Engine) Step(thread int, actions []int32, lo, hi int) {
	C.step_with(e.isa, &e.params, word(e.tables), word(e.state), word(e.outcomes), (*C.int32_t)(&actions[0]), word(e.scratch[thread]),
		C.int32_t(lo), C.int32_t(hi))
}

// Reset begins the episodes at which the worlds are, on the first thread.
func (e *Engine) Reset() {
	C.reset_with(e.isa, &e.params, word(e.tables), word(e.state), word(e.scratch[0]), 0, C.int32_t(e.worlds))
}

// Show makes anew what all worlds show, on the first thread: observations, masks and servers follow from the rest of the state. The
// worlds must show observations.
func (e *Engine) Show() {
	C.show_with(e.isa, &e.params, word(e.tables), word(e.state), word(e.scratch[0]), 0, C.int32_t(e.worlds))
}

// Illegal returns the first agent whose action is not allowed, -1 if all are; actions [W, A].
func (e *Engine) Illegal(actions []int32) int {
	return int(C.world_illegal(&e.params, word(e.state), (*C.int32_t)(&actions[0]), 0, C.int64_t(len(actions))))
}

// Specialised tells whether the observation has the shape that the compiler knows (WORLD_COMMON_SHAPE).
func (e *Engine) Specialised() bool { return C.world_specialised(&e.params) != 0 }

// Params is the struct of scalars and places, as a device needs it.
func (e *Engine) Params() []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(&e.params)), unsafe.Sizeof(e.params))
}

// Tables are the tables of the game in one piece.
func (e *Engine) Tables() []uint32 { return e.tables }

// State is the memory of the state.
func (e *Engine) State() []uint32 { return e.state }

// word is the beginning of s, nil where there is nothing.
func word(s []uint32) *C.uint32_t { return (*C.uint32_t)(unsafe.SliceData(s)) }

// Function computes log2, exp2, sin or cos (0 to 3; the last two of turns) of x by an instruction set.
func Function(name string, which int, x, y []float32) {
	C.functions_with(choose(name), C.int32_t(which), C.int32_t(len(x)), (*C.float)(&x[0]), (*C.float)(&y[0]))
}

// NewSlab makes the arrays in one piece of memory.
func NewSlab(arrays []Array) Slab {
	s := Slab{arrays, make([]uint32, Words(arrays))}
	rest := s.words
	for i := range arrays {
		a := &arrays[i]
		if a.N == 0 {
			continue
		}
		at := unsafe.Pointer(&rest[0])
		switch {
		case a.Floats != nil:
			*a.Floats = unsafe.Slice((*float32)(at), a.N)
		case a.Ints != nil:
			*a.Ints = unsafe.Slice((*int32)(at), a.N)
		default:
			*a.Flags = unsafe.Slice((*bool)(at), a.N)
		}
		rest = rest[a.Words():]
	}
	return s
}

// Planned is the arrays without their memory.
func Planned(arrays []Array) Slab { return Slab{arrays: arrays} }
