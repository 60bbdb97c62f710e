package ptx

// block is the state of the block that runs, and what all blocks of its launch share. Blocks of a launch use it one after the other.
type block struct {
	entry    *Entry
	memory   *Memory
	params   []byte
	grid     [3]int
	size     [3]int // threads
	threads  int
	skip     int // the barrier to leave out, or -1
	maxSteps int

	w32 []uint32 // registers [number, thread] of the bank of 32 bits
	w64 []uint64

	index     [3]int // of the block
	shared    []byte
	states    []byte // of each byte of shared memory
	localSize int    // bytes of local memory of a thread
	local     []byte // [thread, localSize]
	copies    []flight
	commits   []int // of groups of copies, by thread
	shadow    shadow
	races     *races // nil: do not look for races

	groups []*group // by instruction
	alive  lanes
	steps  int
	in     *instruction // the one that is executed
	region *region      // the region that was used last
	err    error

	addresses []uint64 // scratch: of a run
	runs      []run
	spare     []*group
}

// newBlock prepares the blocks of a launch.
func (e *Entry) newBlock(mem *Memory, grid, size [3]int, dynamic int, params []byte, o Options) *block {
	n := size[0] * size[1] * size[2]
	b := &block{
		entry: e, memory: mem, params: params, grid: grid, size: size, threads: n, skip: o.SkipBarrier, maxSteps: o.MaxSteps,
		w32: make([]uint32, int(e.banks[0])*n), w64: make([]uint64, int(e.banks[1])*n),
		shared: make([]byte, e.sharedEnd+dynamic), states: make([]byte, e.sharedEnd+dynamic),
		localSize: e.local, local: make([]byte, e.local*n), addresses: make([]uint64, n), commits: make([]int, n),
	}
	if b.skip == 0 {
		b.skip = -1
	}
	if b.maxSteps == 0 {
		b.maxSteps = 1 << 28
	}
	if o.Races {
		b.races = newRaces(mem)
	}
	for i := range e.fills {
		e.fills[i].write(b)
	}
	return b
}

// begin makes b the block of an index.
func (b *block) begin(index [3]int) {
	b.index = index
	b.steps = 0
	b.copies = b.copies[:0]
	clear(b.commits)
	for i := range b.entry.fills {
		if b.entry.fills[i].moves {
			b.entry.fills[i].write(b)
		}
	}
	clear(b.states)
	for _, v := range b.entry.sharedVariables {
		fillState(b.states[v.at:v.at+v.size], unwritten)
	}
	fillState(b.states[b.entry.sharedEnd:], unwritten)
	if b.races != nil {
		b.races.beginBlock(b)
	}
}

func fillState(s []byte, state byte) {
	for i := range s {
		s[i] = state
	}
}

// place is the index of a thread.
func (b *block) place(t int) [3]int {
	return [3]int{t % b.size[0], t / b.size[0] % b.size[1], t / b.size[0] / b.size[1]}
}

// fail keeps the first fault, with its place.
func (b *block) fail(t int, err placed) {
	if b.err != nil {
		return
	}
	*err.placeOf() = Place{
		File: b.entry.module.Name, Entry: b.entry.Name, Line: b.in.line, Text: b.in.text, Block: b.index, Thread: b.place(t),
	}
	b.err = err
}
