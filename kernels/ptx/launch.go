package ptx

import (
	"fmt"
	"slices"
)

// Order is the order in which the blocks of a launch run. A kernel whose result depends on it has a race between blocks.
type Order int

const (
	Ascending  Order = iota // x first, then y, then z
	Descending              // the last block first
)

// Options of a launch; the zero value is a plain run with all checks but that for races.
type Options struct {
	// Races: look for races within a block and between blocks. It costs time, and 40 bytes for 4 bytes of memory.
	Races bool
	// SkipBarrier leaves out a barrier of the entry's text, from 1 to Entry.Barriers(). 0: none. A kernel that needs the barrier then
	// has a race.
	SkipBarrier int
	// Reached, if not nil, learns which barriers the threads come to: element n-1 becomes true for barrier n. Then it has a length of
	// Entry.Barriers().
	Reached []bool
	// Needed, if not nil, learns which barriers order accesses that nothing else orders: element n-1 becomes true if barrier n is all that
	// is between two accesses that would be a race, or if a bar.red tells a thread more than of itself. Then it has a length of
	// Entry.Barriers(), and Races is set.
	Needed []bool
	// Poison: shared memory that was never written holds bits of ones, which are a NaN, and reading it is no fault. So a kernel may read
	// numbers that it does not use, and a result that depends on them is seen to be wrong.
	Poison bool
	// Order of the blocks.
	Order Order
	// MaxSteps is the number of instructions that a block may execute, counted once for all threads that execute one together.
	// 0: 1<<28.
	MaxSteps int
}

// Limits of a launch on devices from sm_80 on; of shared memory on sm_90.
const (
	maxSharedStatic = 48 << 10
	maxShared       = 227 << 10
)

// Launch runs the entry for grid blocks of block threads each, x, y, z. shared is the number of bytes of dynamic shared memory, and
// params the buffer of parameters, of ParamBytes bytes. Two launches must not use the same Memory at once.
func (e *Entry) Launch(mem *Memory, grid, block [3]int, shared int, params []byte, o Options) error {
	if problem := e.check(grid, block, shared, params, o); problem != "" {
		return &LaunchError{e.Name, problem}
	}
	b := e.newBlock(mem, grid, block, shared, params, o)
	defer e.files.Put(b.registerFile)
	count := grid[0] * grid[1] * grid[2]
	for i := range count {
		if o.Order == Descending {
			i = count - 1 - i
		}
		b.begin([3]int{i % grid[0], i / grid[0] % grid[1], i / grid[0] / grid[1]})
		if err := b.run(); err != nil {
			return err
		}
	}
	return nil
}

// check returns what is wrong with a launch, or "".
func (e *Entry) check(grid, block [3]int, shared int, params []byte, o Options) string {
	threads := block[0] * block[1] * block[2]
	limits := []struct {
		wrong   bool
		problem string
	}{
		{min(grid[0], grid[1], grid[2]) < 1, fmt.Sprintf("a grid of %v has no blocks", grid)},
		{grid[0] > 1<<31-1 || max(grid[1], grid[2]) > 1<<16-1, fmt.Sprintf("a grid of %v is larger than [2147483647 65535 65535]", grid)},
		{min(block[0], block[1], block[2]) < 1, fmt.Sprintf("a block of %v has no threads", block)},
		{threads > MaxThreads || block[2] > 64, fmt.Sprintf("a block of %v is larger than %d threads, or 64 along z", block, MaxThreads)},
		{e.maxThreads != [3]int{} && threads > e.maxThreads[0]*e.maxThreads[1]*e.maxThreads[2],
			fmt.Sprintf("a block of %v has more threads than .maxntid %v allows", block, e.maxThreads)},
		{len(params) != e.ParamBytes(), fmt.Sprintf("%d bytes of parameters, want %d", len(params), e.ParamBytes())},
		{e.sharedSize > maxSharedStatic, fmt.Sprintf("%d bytes of its own shared memory are more than %d", e.sharedSize, maxSharedStatic)},
		{shared < 0 || e.sharedSize+shared > maxShared, fmt.Sprintf("%d + %d bytes of shared memory, want 0 to %d", e.sharedSize, shared, maxShared)},
		{o.SkipBarrier < 0 || o.SkipBarrier > e.barriers, fmt.Sprintf("barrier %d is to be left out, but there are %d", o.SkipBarrier, e.barriers)},
		{o.Reached != nil && len(o.Reached) != e.barriers, fmt.Sprintf("Reached has %d elements, but there are %d barriers", len(o.Reached), e.barriers)},
		{o.Needed != nil && len(o.Needed) != e.barriers, fmt.Sprintf("Needed has %d elements, but there are %d barriers", len(o.Needed), e.barriers)},
		{o.Needed != nil && !o.Races, "Needed takes the race check"},
		{!slices.Contains([]Order{Ascending, Descending}, o.Order), fmt.Sprintf("order %d of blocks is not known", o.Order)},
	}
	for _, l := range limits {
		if l.wrong {
			return l.problem
		}
	}
	return ""
}
