package ptx

import (
	"encoding/binary"
	"fmt"
)

// access is what an instruction does to memory for one thread.
type access struct {
	space  space
	size   int // bytes, of which addresses are multiples
	write  bool
	reads  bool // before it writes
	atomic bool // it orders itself against others: atomics, and volatile, relaxed, acquire and release accesses
}

// State of a byte of shared memory.
const (
	outside = iota // of all variables
	unwritten
	written
	pending // an asynchronous copy to it is under way
)

// at is the memory at an address for thread t, after all checks; nil after a fault. value is what a store writes, for the race check.
func (b *block) at(a *access, address uint64, t int, value uint64) []byte {
	if address&uint64(a.size-1) != 0 {
		b.fail(t, &AlignmentError{Space: a.space.String(), Address: address, Size: a.size})
		return nil
	}
	switch space, offset := resolve(a.space, address); {
	case space == shared:
		return b.atShared(a, offset, t, value)
	case space == local:
		return b.atLocal(a, offset, t)
	case space == param && offset >= callParams:
		return b.atLocal(a, offset-callParams, t)
	case space == param:
		if a.write || !within(offset, a.size, len(b.params)) {
			b.outside(t, a, param, offset, fmt.Sprintf("there are %d bytes of parameters, which cannot be written", len(b.params)))
			return nil
		}
		return b.params[offset : offset+uint64(a.size)]
	}
	return b.atGlobal(a, address, t, value)
}

// within reports that size bytes at offset are in n bytes.
func within(offset uint64, size, n int) bool {
	return offset <= uint64(n) && uint64(size) <= uint64(n)-offset
}

// atLocal is at in the memory of thread t.
func (b *block) atLocal(a *access, offset uint64, t int) []byte {
	if !within(offset, a.size, b.localSize) {
		b.outside(t, a, local, offset, fmt.Sprintf("a thread has %d bytes", b.localSize))
		return nil
	}
	from := t*b.localSize + int(offset)
	return b.local[from : from+a.size]
}

// atGlobal is at in global memory. Neighbouring threads mostly touch the same region.
func (b *block) atGlobal(a *access, address uint64, t int, value uint64) []byte {
	r := b.region
	if r == nil || !r.holds(address, a.size) {
		if r = b.find(address, a.size); r == nil {
			b.outside(t, a, global, address, b.memory.nearest(address))
			return nil
		}
		b.region = r
	}
	offset := address - r.base
	if b.races != nil {
		b.races.touch(b, &r.shadow, mark{a, r, int(offset), address, t, value, r.data})
	}
	return r.data[offset : offset+uint64(a.size)]
}

// find is the region of an address in global memory, those of the module's variables included.
func (b *block) find(address uint64, size int) *region {
	if m := b.entry.module.memory; m != nil && m.holds(address, size) {
		return m
	}
	return b.memory.find(address, size)
}

// resolve is the space of an address, and its offset there.
func resolve(s space, address uint64) (space, uint64) {
	if s != generic {
		return s, address
	}
	switch address / windowSize {
	case sharedWindow / windowSize:
		return shared, address % windowSize
	case localWindow / windowSize:
		return local, address % windowSize
	case paramWindow / windowSize:
		return param, address % windowSize
	}
	return global, address
}

// outside is the fault of an address that is in no memory.
func (b *block) outside(t int, a *access, s space, address uint64, nearest string) {
	b.fail(t, &BoundsError{Space: s.String(), Address: address, Size: a.size, Nearest: nearest})
}

// atShared is at in shared memory: the module's and the entry's variables from zero on, the launch's from dynamicShared on.
func (b *block) atShared(a *access, address uint64, t int, value uint64) []byte {
	at := b.sharedIndex(address)
	if at < 0 || at+a.size > len(b.shared) {
		b.outside(t, a, shared, address, b.entry.sharedName(address))
		return nil
	}
	if states := b.states[at : at+a.size]; !full(states) && !b.use(a, states, address, t) {
		return nil
	}
	if b.races != nil {
		b.races.touch(b, &b.shadow, mark{a, nil, at, address, t, value, b.shared})
	}
	return b.shared[at : at+a.size]
}

// full reports that all bytes are written.
func full(states []byte) bool {
	for ; len(states) >= 4; states = states[4:] {
		if binary.LittleEndian.Uint32(states) != written*0x01010101 {
			return false
		}
	}
	for _, s := range states {
		if s != written {
			return false
		}
	}
	return true
}

// use checks bytes of which some may hold nothing, and notes that a write fills them.
func (b *block) use(a *access, states []byte, address uint64, t int) bool {
	for i, s := range states {
		switch {
		case s == outside:
			b.outside(t, a, shared, address, b.entry.sharedName(address))
			return false
		case s == pending, s == unwritten && (!a.write || a.reads) && !b.options.Poison:
			b.fail(t, &UnwrittenError{Space: shared.String(), Address: address, Size: a.size, Pending: s == pending})
			return false
		case a.write:
			states[i] = written
		}
	}
	return true
}

// sharedIndex is the place of an address in block.shared, or -1.
func (b *block) sharedIndex(address uint64) int {
	static := uint64(b.entry.sharedEnd)
	switch {
	case address < static:
		return int(address)
	case address < dynamicShared || address-dynamicShared >= uint64(len(b.shared))-static:
		return -1
	}
	return int(address - dynamicShared + static)
}

// sharedName describes where an address is that is in no variable.
func (e *Entry) sharedName(address uint64) string {
	if address >= dynamicShared {
		return fmt.Sprintf("at offset %d of the launch's own", address-dynamicShared)
	}
	best := "before its first variable"
	for _, v := range e.sharedVariables {
		if uint64(v.at) <= address {
			best = fmt.Sprintf("at offset %d of the %d bytes of %s", address-uint64(v.at), v.size, v.name)
		}
	}
	return best
}

// getBytes is an integer of at most 8 bytes.
func getBytes(m []byte) uint64 {
	switch len(m) {
	case 1:
		return uint64(m[0])
	case 2:
		return uint64(binary.LittleEndian.Uint16(m))
	case 4:
		return uint64(binary.LittleEndian.Uint32(m))
	}
	return binary.LittleEndian.Uint64(m)
}

func putBytes(m []byte, x uint64) {
	switch len(m) {
	case 1:
		m[0] = byte(x)
	case 2:
		binary.LittleEndian.PutUint16(m, uint16(x))
	case 4:
		binary.LittleEndian.PutUint32(m, uint32(x))
	default:
		binary.LittleEndian.PutUint64(m, x)
	}
}
