package ptx

import (
	"slices"
	"strings"
)

// flight is an asynchronous copy of one thread that is under way. It arrives when the thread waits for it, the latest moment that the
// ISA allows; only then is its source read.
type flight struct {
	thread   int
	to, from uint64 // in shared and in global memory
	size     int    // bytes to write
	bytes    int    // bytes to read; the rest is zero
	group    int    // commits of the thread before it
	target   *access
}

// asyncTransfer is the instruction that begins one.
type asyncTransfer struct {
	size     int
	target   access
	to, from address
	bytes    r32 // how much to read; -1: all
}

// asyncCopy makes cp.async.ca and .cg from global to shared memory, commit_group, wait_group and wait_all.
func asyncCopy(o *operands, in *instruction) {
	rest := strings.TrimPrefix(o.opcode, "cp.async.")
	switch rest {
	case "commit_group":
		o.count(0)
		in.act = func(b *block, at run) {
			for t := at.lo; t < at.hi; t++ {
				b.commits[t]++
			}
		}
	case "wait_all":
		o.count(0)
		in.act = func(b *block, at run) { b.arrive(at, func(*flight) bool { return true }) }
	case "wait_group":
		o.count(1)
		n := o.number(0)
		in.act = func(b *block, at run) { b.arrive(at, func(f *flight) bool { return f.group < b.commits[f.thread]-n }) }
	default:
		o.copyAsync(in)
	}
}

// copyAsync makes the copy itself.
func (o *operands) copyAsync(in *instruction) {
	words := slices.DeleteFunc(slices.Clone(o.words), isHint)
	form := strings.Replace(strings.Join(words, "."), "shared::cta", "shared", 1)
	if form != "cp.async.ca.shared.global" && form != "cp.async.cg.shared.global" {
		o.unknown()
		return
	}
	if len(o.list) != 4 {
		o.count(3)
	}
	size := o.number(2)
	if size != 16 && (words[2] == "cg" || size != 4 && size != 8) {
		o.fail("%s cannot copy %d bytes", o.opcode, size)
		return
	}
	x := &asyncTransfer{size: size, target: access{space: shared, size: size, write: true}, bytes: -1}
	x.to, x.from = o.address(0), o.address(1)
	if len(o.list) == 4 {
		if s, ok := o.a.scope.find(o.list[3]); ok && s.typ == kinds["pred"] { // whether to ignore the source
			o.unknown()
		}
		x.bytes = o.read32(o.list[3])
	}
	in.act = x.start
}

// start checks both places and notes the copy.
func (x *asyncTransfer) start(b *block, at run) {
	to := slices.Clone(x.to.fill(b, at))
	for i, from := range x.from.fill(b, at) {
		t := at.lo + i
		f := flight{thread: t, to: to[i], from: from, size: x.size, bytes: x.size, group: b.commits[t], target: &x.target}
		if x.bytes >= 0 {
			f.bytes = int(min(x.bytes.of(b, run{t, t + 1})[0], uint32(f.size)))
		}
		if from%uint64(x.size) != 0 {
			b.fail(t, &AlignmentError{Space: global.String(), Address: from, Size: x.size})
		}
		if f.read(b, make([]byte, f.bytes)); b.err != nil || b.at(f.target, f.to, t, 0) == nil {
			return
		}
		fillWith(b.stateOf(f.to, f.size), pending)
		b.copies = append(b.copies, f)
	}
}

// stateOf is the states of bytes in shared memory that at has found to be there.
func (b *block) stateOf(address uint64, size int) []byte {
	at := b.sharedIndex(address)
	return b.states[at : at+size]
}

// arrive completes the copies of threads that do.
func (b *block) arrive(at run, do func(*flight) bool) {
	b.copies = slices.DeleteFunc(b.copies, func(f flight) bool {
		if f.thread < at.lo || f.thread >= at.hi || !do(&f) {
			return false
		}
		fillWith(b.stateOf(f.to, f.size), unwritten)
		m := b.at(f.target, f.to, f.thread, 0)
		if m == nil {
			return true
		}
		clear(m)
		f.read(b, m[:f.bytes])
		return true
	})
}

// read reads the source, by words.
func (f *flight) read(b *block, to []byte) {
	for i := 0; i < len(to) && b.err == nil; {
		a := access{space: global, size: 4}
		if len(to)-i < a.size {
			a.size = 1
		}
		i += copy(to[i:], b.at(&a, f.from+uint64(i), f.thread, 0))
	}
}
