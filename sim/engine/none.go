//go:build !cgo

package engine

import "github.com/gmel-go/gmel/kernels"

// Without cgo there is no engine: Names is empty, and nothing calls the methods.

const absent = "engine: this binary has no C engine"

// Engine plays the worlds of one Game.
type Engine struct{}

// Names lists the instruction sets.
func Names() []string { return nil }

// New makes the engine of a game.
func New(string, *Game) *Engine { panic(absent) }

// Name is the instruction set.
func (*Engine) Name() string { panic(absent) }

// Set changes a scalar.
func (*Engine) Set(Scalar) { panic(absent) }

// Record says where steps write outcomes.
func (*Engine) Record(Slab) { panic(absent) }

// SetThreads gives threads working memory.
func (*Engine) SetThreads(int) { panic(absent) }

// Step plays a slot.
func (*Engine) Step(thread int, actions []int32, lo, hi int) { panic(absent) }

// Reset begins episodes.
func (*Engine) Reset() { panic(absent) }

// Show makes anew what worlds show.
func (*Engine) Show() { panic(absent) }

// Illegal returns the first agent whose action is not allowed.
func (*Engine) Illegal(actions []int32) int { panic(absent) }

// Specialised tells whether the compiler knows the observation's shape.
func (*Engine) Specialised() bool { panic(absent) }

// Params is the struct of scalars and places.
func (*Engine) Params() []byte { panic(absent) }

// Tables are the tables of the game.
func (*Engine) Tables() []uint32 { panic(absent) }

// State is the memory of the state.
func (*Engine) State() []uint32 { panic(absent) }

// Function computes an elementary function.
func Function(name string, which int, x, y []float32) { panic(absent) }

// NewSlab makes the arrays.
func NewSlab(arrays []Array) Slab {
	for _, a := range arrays {
		switch {
		case a.Floats != nil:
			*a.Floats = make([]float32, a.N)
		case a.Ints != nil:
			*a.Ints = make([]int32, a.N)
		default:
			*a.Flags = make([]bool, a.N)
		}
	}
	return Slab{arrays: arrays}
}

// Planned is the arrays without their memory.
func Planned(arrays []Array) Slab { return Slab{arrays: arrays} }

// Player plays slots for Programs.
type Player struct{}

// NewPlayer makes a Player.
func (*Engine) NewPlayer(tasks int) *Player { panic(absent) }

// Actions are those of the last slot.
func (*Player) Actions() []int32 { panic(absent) }

// Native is the function that plays.
func (*Player) Native() (play, self uintptr, tasks int) { panic(absent) }

// Report writes what the last slot has shown.
func (*Player) Report(*kernels.Slot) { panic(absent) }
