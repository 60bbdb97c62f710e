package ptx

import "errors"

// Order is the order in which the blocks of a launch run. A kernel whose result depends on it has a race between blocks.
type Order int

const (
	Ascending  Order = iota // x first, then y, then z
	Descending              // the last block first
)

// Options of a launch; the zero value is a plain run with all checks but that for races.
type Options struct {
	// Races: look for races within a block and between blocks. It costs time, and 24 bytes for 4 bytes of memory.
	Races bool
	// SkipBarrier leaves out a barrier of the entry's text, from 1 to Entry.Barriers(). 0: none. A kernel that needs the barrier then
	// has a race.
	SkipBarrier int
	// Order of the blocks.
	Order Order
	// MaxSteps is the number of instructions that a block may execute, counted once for all threads that execute one together.
	// 0: 1<<28.
	MaxSteps int
}

// Launch runs the entry for grid blocks of block threads each, x, y, z. shared is the number of bytes of dynamic shared memory, and
// params the buffer of parameters, of ParamBytes bytes. Two launches must not use the same Memory at once.
func (e *Entry) Launch(mem *Memory, grid, block [3]int, shared int, params []byte, o Options) error {
	return errors.New("ptx: launches are not there yet")
}
