package ptx

import (
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"sync"
)

// Module is a parsed file of PTX. Goroutines may launch from one at the same time unless it has variables in global memory, which keep
// their values from one launch to the next.
type Module struct {
	// Name is the name of the file, as given to Parse.
	Name string

	entries   []*Entry
	named     map[string]*Entry
	addresses map[string]uint64 // of its variables in global and constant memory
	memory    *region           // which holds them, or nil
	files     map[int32]string  // names of sources by number, if the module has them
}

// nameOf is "file:line", or "" if it is not known.
func (m *Module) nameOf(s origin) string {
	file, ok := m.files[s.file]
	if !ok {
		return ""
	}
	return fmt.Sprintf("%s:%d", file, s.line)
}

// Entries are the kernels of the module, in the order of the file.
func (m *Module) Entries() []*Entry { return m.entries }

// Entry returns the kernel of a (mangled) name, or false.
func (m *Module) Entry(name string) (*Entry, bool) {
	e, ok := m.named[name]
	return e, ok
}

// Param is a parameter of an entry: bytes of the buffer that Launch gets.
type Param struct {
	Name                string
	Offset, Size, Align int
}

// Entry is a kernel.
type Entry struct {
	// Name is the mangled name.
	Name string

	module     *Module
	params     []Param
	maxThreads [3]int
	code       []instruction
	barriers   int
	registers  int
	banks      [2]int32 // registers, constants included, of 32 and of 64 bits
	fills      []fill
	local      int       // bytes for a thread
	files      sync.Pool // of *registerFile

	sharedVariables []area
	sharedEnd       int // after the last variable and its gap
	sharedSize      int // without gaps
}

// Params are the parameters by position.
func (e *Entry) Params() []Param { return e.params }

// ParamBytes is the size of the buffer of parameters that Launch expects.
func (e *Entry) ParamBytes() int {
	if len(e.params) == 0 {
		return 0
	}
	last := e.params[len(e.params)-1]
	return last.Offset + last.Size
}

// MaxThreads is the largest block that .maxntid allows; zeros: no limit is declared.
func (e *Entry) MaxThreads() [3]int { return e.maxThreads }

// Shared is the number of bytes of shared memory that the entry declares itself.
func (e *Entry) Shared() int { return e.sharedSize }

// Barriers is the number of barriers in the text, of a block or of a warp, with those of called functions at each call.
// Options.SkipBarrier counts them in the same order.
func (e *Entry) Barriers() int { return e.barriers }

// Registers is the number of virtual registers that the entry declares, with those of called functions at each call.
func (e *Entry) Registers() int { return e.registers }

// Instructions is the number of instructions in the text, with those of called functions at each call.
func (e *Entry) Instructions() int { return len(e.code) - 1 } // without the end

// BarrierSource is the line of the source that barrier n is from, counted as by Options.SkipBarrier, as "file:line" without folders;
// "" if the PTX does not tell (nvcc -lineinfo).
func (e *Entry) BarrierSource(n int) string {
	i := slices.IndexFunc(e.code, func(in instruction) bool { return in.barrier == n })
	return e.module.nameOf(e.code[i].source)
}

// Digest tells entries with other instructions apart.
func (e *Entry) Digest() uint64 {
	h := fnv.New64a()
	for i := range e.code {
		io.WriteString(h, e.code[i].text+"\n")
	}
	return h.Sum64()
}
