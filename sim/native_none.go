//go:build !cgo

package sim

import "github.com/gmel-go/gmel/kernels"

// Without cgo the Go engine plays everything.

// native is the C engine, which this binary does not have.
type native struct{ name string }

func nativeEngines() []string { return nil }

func newNative(*Worlds, string) *native { panic("sim: this binary has no C engine") }

func (*native) setThreads(*Worlds, int) {}
func (*native) reset(*Worlds)           {}
func (*native) setSeed(uint64)          {}
func (*native) setBlind(bool)           {}
func (*native) setNumbered(bool)        {}

func (*native) illegal(*Worlds, []int32) int { return -1 }

// nativeFunction belongs to the C engine.
func nativeFunction(string, int, []float32, []float32) {}

// allocate makes the arrays of the fields.
func allocate(fields []field) {
	for _, f := range fields {
		switch {
		case f.floats != nil:
			*f.floats = make([]float32, f.n)
		case f.ints != nil:
			*f.ints = make([]int32, f.n)
		default:
			*f.flags = make([]bool, f.n)
		}
	}
}

// player is the C engine as an environment of Programs, which this binary does not have.
type player struct {
	worlds  *Worlds
	actions []int32
}

func newPlayer(*Worlds) *player { panic("sim: this binary has no C engine") }

// Image implements kernels.Portable.
func (*player) Image() *kernels.Image { panic("sim: this binary has no C engine") }

// Native implements kernels.Native.
func (*player) Native() (play, self uintptr, tasks int) { panic("sim: this binary has no C engine") }
