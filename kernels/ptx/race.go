package ptx

import (
	"bytes"
	"fmt"
	"slices"
)

// clock counts what orders accesses: barriers, and the beginnings of blocks and launches. An access is noted with the count at its
// time.
type clock = uint32

// cell is who touched a word of memory last, or a byte where bytes are accessed.
type cell struct {
	written, read clock  // 0: never
	earlier       clock  // the last read before it by others; 0: not known
	firstRead     clock  // the first one of the launch that was not atomic
	firstWrite    clock  // the first one of the launch
	firstPlain    clock  // the first one that was not atomic
	writeLine     uint32 // of the text
	readLine      uint32
	writer        uint16 // a thread, several of one warp, or several; with the bit atomically if all did it so
	reader        uint16
	earlierReader uint16
}

// Marks of cell.writer and cell.reader above the numbers of threads.
const (
	ofWarp     = 1 << 10 // several threads of warp number writer-ofWarp
	atomically = 1 << 12
	several    = 1 << 13
)

// shadow is the cells of a memory: one for each word, until an access is shorter.
type shadow struct {
	cells []cell
	bytes bool
}

// races is the race check of a launch. Two accesses of one block conflict if a barrier of the block is not between them, nor one of
// the warp if both threads are in it; accesses of two blocks always do.
type races struct {
	clock   *clock
	launch  clock                          // its beginning
	block   clock                          // the beginning of the block
	meeting meeting                        // of the threads of the block
	warps   [MaxThreads / warpSize]meeting // of the threads of a warp, by a barrier of the block or of the warp
	started []clock                        // the beginnings of all blocks
	needed  []bool                         // Options.Needed
}

// meeting is when threads last met.
type meeting struct {
	last    clock
	barrier int   // at which; 0: at the beginning of the block
	before  clock // the last time at another one
}

func (m *meeting) pass(now clock, barrier int) {
	if barrier != m.barrier {
		m.before = m.last
	}
	m.last, m.barrier = now, barrier
}

// mark is an access to be noted, in global memory if region is not nil, else in shared memory.
type mark struct {
	*access
	region  *region
	offset  int
	address uint64
	thread  int
	value   uint64
	data    []byte
}

// newRaces begins a launch. The clock is that of m, so what other memories noted in the module's variables does not count.
func newRaces(m *Memory, module *region, needed []bool) *races {
	if module != nil {
		module.shadow = shadow{}
	}
	if m.clock > 1<<31 { // far from an overflow: no launch has as many barriers
		m.clock = 0
		for _, r := range m.regions {
			r.shadow = shadow{}
		}
	}
	m.clock++
	return &races{clock: &m.clock, launch: m.clock, needed: needed}
}

func (r *races) beginBlock() {
	r.passed(0)
	r.block = *r.clock
	r.started = append(r.started, r.block)
}

// passed orders all accesses of the block before a barrier and after it.
func (r *races) passed(barrier int) {
	*r.clock++
	r.meeting.pass(*r.clock, barrier)
	for w := range r.warps {
		r.warps[w].pass(*r.clock, barrier)
	}
}

// passedByWarp orders those of a warp.
func (r *races) passedByWarp(w, barrier int) {
	*r.clock++
	r.warps[w].pass(*r.clock, barrier)
}

// touch notes an access, and reports a conflict with an earlier one.
func (r *races) touch(b *block, s *shadow, m mark) {
	if s.cells == nil {
		s.cells = make([]cell, (len(m.data)+3)/4)
	}
	if !s.bytes && (m.size < 4 || m.offset%4 != 0) {
		s.splitWords()
	}
	from, count := m.offset/4, m.size/4
	if s.bytes {
		from, count = m.offset, m.size
	}
	oldest := r.launch
	if m.region == nil { // shared memory begins with the block
		oldest = r.block
	}
	for i := from; i < from+count && b.err == nil; i++ {
		c := &s.cells[i]
		if c.written < oldest {
			c.written, c.firstWrite, c.firstPlain = 0, 0, 0
		}
		if c.read < oldest {
			c.read, c.firstRead, c.earlier = 0, 0, 0
		}
		if m.write {
			r.write(b, c, &m)
		} else {
			r.read(b, c, &m)
		}
	}
}

// splitWords gives each byte a cell.
func (s *shadow) splitWords() {
	cells := make([]cell, 4*len(s.cells))
	for i := range cells {
		cells[i] = s.cells[i/4]
	}
	s.cells, s.bytes = cells, true
}

// ordered reports that an access at some time, by who, is before what thread t does now.
func (r *races) ordered(at clock, who uint16, t int) bool {
	m := r.between(who, t)
	return m == nil || at < m.last
}

// between is the last meeting of thread t with who; nil if they are one thread.
func (r *races) between(who uint16, t int) *meeting {
	switch w, u := t/warpSize, int(who&^atomically); {
	case u == t:
		return nil
	case u < ofWarp && u/warpSize == w, u == ofWarp+w:
		return &r.warps[w]
	}
	return &r.meeting
}

// conflict reports that an access at some time, by who, and what thread t does now are a race. If they are none because of one barrier
// alone, that is needed: the same run would be one of the kernel without it.
func (r *races) conflict(at clock, who uint16, t int) bool {
	m := r.between(who, t)
	if m == nil {
		return false
	}
	if at < m.last && at >= m.before {
		r.need(m.barrier)
	}
	return at >= m.last
}

// need notes a barrier that something needs.
func (r *races) need(barrier int) {
	if r.needed != nil && barrier > 0 {
		r.needed[barrier-1] = true
	}
}

// foreign checks an access against the writes of other blocks. The line of the first one is known if nothing wrote later.
func (r *races) foreign(b *block, c *cell, m *mark, now string) bool {
	first := c.firstWrite
	if m.atomic {
		first = c.firstPlain
	}
	if first == 0 || first >= r.block {
		return false
	}
	writer, line := uint16(0), c.writeLine
	if first != c.firstPlain {
		writer = atomically
	}
	if c.written != first {
		line = 0
	}
	r.report(b, m, now, "write", r.blockAt(first), line, writer)
	return true
}

// own reports that thread t itself did an access, and came to no barrier since.
func (r *races) own(at clock, who uint16, t int) bool {
	return int(who&^atomically) == t && at >= r.warps[t/warpSize].last
}

// read checks a read against the writes, and notes it. A plain read stays the mark of a thread that reads atomically later.
func (r *races) read(b *block, c *cell, m *mark) {
	switch {
	case c.written == 0, r.foreign(b, c, m, "read"), m.atomic && c.writer&atomically != 0:
	case r.conflict(c.written, c.writer, m.thread):
		r.report(b, m, "read", "write", b.threadName(c.writer), c.writeLine, c.writer)
	}
	line := b.number()
	w, both := uint16(m.thread/warpSize), m.who()&c.reader&atomically
	switch u := c.reader &^ atomically; {
	case m.atomic && r.own(c.read, c.reader, m.thread):
		line = c.readLine
	case r.ordered(c.read, c.reader, m.thread):
		if int(u) != m.thread {
			c.earlier, c.earlierReader = c.read, c.reader
		}
		c.reader = m.who()
	case u < ofWarp && u/warpSize == w || u == ofWarp+w:
		c.reader = ofWarp + w | both
	default:
		c.reader = several | both
	}
	if c.firstRead == 0 && !m.atomic {
		c.firstRead = *r.clock
	}
	c.read, c.readLine = *r.clock, line
}

// write checks a write against the writes and the reads, and notes it. A plain write stays the mark of a thread that writes
// atomically later.
func (r *races) write(b *block, c *cell, m *mark) {
	writer, line := m.who(), b.number()
	switch {
	case c.written == 0, r.foreign(b, c, m, "write"):
	case m.atomic && c.writer&atomically != 0:
		if c.written >= r.block && !r.ordered(c.written, c.writer, m.thread) {
			writer = several | atomically
		}
	case m.atomic && r.own(c.written, c.writer, m.thread):
		writer, line = c.writer, c.writeLine
	case !sameValue(b, c, m) && r.conflict(c.written, c.writer, m.thread):
		r.report(b, m, "write", "write", b.threadName(c.writer), c.writeLine, c.writer)
	}
	switch {
	case c.firstRead > 0 && c.firstRead < r.block:
		r.report(b, m, "write", "read", r.blockAt(c.firstRead), c.readLine, 0)
	case c.read == 0, m.atomic && c.reader&atomically != 0:
	case c.read < r.block:
		r.report(b, m, "write", "read", r.blockAt(c.read), c.readLine, c.reader)
	case r.conflict(c.read, c.reader, m.thread):
		r.report(b, m, "write", "read", b.threadName(c.reader), c.readLine, c.reader)
	}
	if c.earlier >= r.block && !(m.atomic && c.earlierReader&atomically != 0) { // ordered, but something may be needed for that
		r.conflict(c.earlier, c.earlierReader, m.thread)
	}
	c.writer, c.written, c.writeLine = writer, *r.clock, line
	if c.firstWrite == 0 {
		c.firstWrite = c.written
	}
	if c.firstPlain == 0 && !m.atomic {
		c.firstPlain = c.written
	}
}

// who is the thread of an access, with the bit atomically if it is one.
func (m *mark) who() uint16 {
	if m.atomic {
		return uint16(m.thread) | atomically
	}
	return uint16(m.thread)
}

// sameValue reports a store that changes nothing after one of the same instruction and warp: whichever is performed last, the result
// is the same.
func sameValue(b *block, c *cell, m *mark) bool {
	if m.atomic || m.size > 8 || c.writer&atomically != 0 || c.writeLine != b.number() || int(c.writer)/warpSize != m.thread/warpSize {
		return false
	}
	var word [8]byte
	putBytes(word[:m.size], m.value)
	return bytes.Equal(word[:m.size], m.data[m.offset:m.offset+m.size])
}

// number is the line of the running instruction.
func (b *block) number() uint32 { return uint32(b.in.line) }

// blockAt describes the block that ran at some time.
func (r *races) blockAt(at clock) string {
	i, found := slices.BinarySearch(r.started, at)
	if !found {
		i--
	}
	return fmt.Sprintf("the %s block of the launch", ordinal(i+1))
}

func ordinal(n int) string {
	switch {
	case n%10 == 1 && n%100 != 11:
		return fmt.Sprintf("%dst", n)
	case n%10 == 2 && n%100 != 12:
		return fmt.Sprintf("%dnd", n)
	case n%10 == 3 && n%100 != 13:
		return fmt.Sprintf("%drd", n)
	}
	return fmt.Sprintf("%dth", n)
}

// threadName describes a writer or reader.
func (b *block) threadName(who uint16) string {
	switch who &^= atomically; {
	case who >= several:
		return "several threads"
	case who >= ofWarp:
		return fmt.Sprintf("several threads of warp %d", who-ofWarp)
	}
	return fmt.Sprintf("thread %v", b.place(int(who)))
}

// report makes the fault.
func (r *races) report(b *block, m *mark, now, before, other string, line uint32, writer uint16) {
	if writer&atomically != 0 {
		before = "atomic " + before
	}
	space, memory := shared, b.entry.sharedName(m.address)
	if m.region != nil {
		space, memory = global, fmt.Sprintf("at offset %d of %s", m.offset, m.region.name)
	}
	b.fail(m.thread, &RaceError{
		Space: space.String(), Address: m.address, Memory: memory, Kind: now + " after " + before,
		Other: other, OtherLine: int(line),
	})
}
