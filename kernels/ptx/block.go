package ptx

// block is the state of the block that runs, and what all blocks of its launch share. Blocks of a launch use it one after the other.
type block struct {
	entry   *Entry
	memory  *Memory
	params  []byte
	grid    [3]int
	size    [3]int // threads
	threads int
	options Options

	*registerFile // [number, thread] in each bank

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
		entry: e, memory: mem, params: params, grid: grid, size: size, threads: n, options: o,
		shared: make([]byte, e.sharedEnd+dynamic), states: make([]byte, e.sharedEnd+dynamic),
		localSize: e.local, local: make([]byte, e.local*n), addresses: make([]uint64, n), commits: make([]int, n),
	}
	b.takeRegisters()
	if o.MaxSteps == 0 {
		b.options.MaxSteps = 1 << 28
	}
	if o.Races {
		b.races = newRaces(mem, e.module.memory, o.Needed)
	}
	for i := range e.fills {
		e.fills[i].write(b)
	}
	return b
}

// registerFile is the banks of a block: several MiB for a large kernel, which is why they are used again.
type registerFile struct {
	w32 []uint32
	w64 []uint64
}

// takeRegisters gets a register file of the right size. Registers have no value at first, so what it holds does not matter.
func (b *block) takeRegisters() {
	n32, n64 := int(b.entry.banks[0])*b.threads, int(b.entry.banks[1])*b.threads
	if f, ok := b.entry.files.Get().(*registerFile); ok && len(f.w32) == n32 && len(f.w64) == n64 {
		b.registerFile = f
		return
	}
	b.registerFile = &registerFile{make([]uint32, n32), make([]uint64, n64)}
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
		fillWith(b.states[v.at:v.at+v.size], unwritten)
	}
	fillWith(b.states[b.entry.sharedEnd:], unwritten)
	fillWith(b.local, poison)
	if b.options.Poison {
		fillWith(b.shared, poison)
	}
	if b.races != nil {
		b.races.beginBlock()
	}
}

// poison is a byte that was never written, of local memory and, with Options.Poison, of shared memory.
const poison = 0xff

// skips reports that an instruction is the barrier to leave out.
func (b *block) skips(in *instruction) bool {
	return in.barrier > 0 && in.barrier == b.options.SkipBarrier
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
		File: b.entry.module.Name, Entry: b.entry.Name, Line: b.in.line, Text: b.in.text, Source: b.entry.module.nameOf(b.in.source),
		Block: b.index, Thread: b.place(t),
	}
	b.err = err
}
