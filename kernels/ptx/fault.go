package ptx

import "fmt"

// SyntaxError is text that Parse does not know, or a contradiction in it.
type SyntaxError struct {
	File    string
	Line    int // from 1
	Text    string
	Problem string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s:%d: %s: %s", e.File, e.Line, e.Problem, e.Text)
}

// Place is where a fault happened.
type Place struct {
	File, Entry string
	Line        int // of the file, from 1
	Text        string
	Source      string // "file:line" that the instruction was compiled from, or ""
	Block       [3]int
	Thread      [3]int
}

// placed is a fault with a place.
type placed interface {
	error
	placeOf() *Place
}

func (p *Place) placeOf() *Place { return p }

func (p Place) String() string {
	text := p.Text
	if p.Source != "" {
		text += " (" + p.Source + ")"
	}
	return fmt.Sprintf("%s:%d: %s, block %v, thread %v: %s", p.File, p.Line, p.Entry, p.Block, p.Thread, text)
}

// AlignmentError is an address that is not a multiple of the size of its access.
type AlignmentError struct {
	Place
	Space   string // global, shared, local or param
	Address uint64
	Size    int // bytes
}

func (e *AlignmentError) Error() string {
	return fmt.Sprintf("%s: address %#x of %s memory is not a multiple of %d", e.Place, e.Address, e.Space, e.Size)
}

// BoundsError is an access outside of all memory of its space.
type BoundsError struct {
	Place
	Space   string
	Address uint64
	Size    int
	Nearest string // the memory that is nearest, and how far away
}

func (e *BoundsError) Error() string {
	return fmt.Sprintf("%s: %d bytes at %#x are outside of %s memory, %s", e.Place, e.Size, e.Address, e.Space, e.Nearest)
}

// UnwrittenError is an access to shared memory that holds nothing yet.
type UnwrittenError struct {
	Place
	Space   string
	Address uint64
	Size    int
	Pending bool // an asynchronous copy to it is under way
}

func (e *UnwrittenError) Error() string {
	if e.Pending {
		return fmt.Sprintf("%s: %d bytes at %#x of %s memory are touched before the wait for their asynchronous copy", e.Place, e.Size, e.Address, e.Space)
	}
	return fmt.Sprintf("%s: %d bytes at %#x of %s memory are read but were never written", e.Place, e.Size, e.Address, e.Space)
}

// DivergenceError is an operation of many threads that not all of them execute together.
type DivergenceError struct {
	Place
	Problem string
}

func (e *DivergenceError) Error() string { return e.Place.String() + ": " + e.Problem }

// RaceError is two accesses to the same bytes without an order between them, of which one is a write.
type RaceError struct {
	Place
	Space     string
	Address   uint64
	Memory    string // where in which variable or mapped memory that is
	Kind      string // "read after write", "write after read", "write after write", the last of which may be "atomic write"
	Other     string // who was there first: "thread [7 0 0]", "several threads", "the 2nd block of the launch"
	OtherLine int    // 0: not known
}

func (e *RaceError) Error() string {
	other := e.Other
	if e.OtherLine > 0 {
		other += fmt.Sprintf(" (line %d)", e.OtherLine)
	}
	return fmt.Sprintf("%s: race, %s by %s at %#x of %s memory, %s", e.Place, e.Kind, other, e.Address, e.Space, e.Memory)
}

// LimitError is a block that does not end within Options.MaxSteps.
type LimitError struct {
	Place
	Steps int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%s: the block did not end after %d instructions", e.Place, e.Steps)
}

// LaunchError is a launch that no device would accept.
type LaunchError struct {
	Entry, Problem string
}

func (e *LaunchError) Error() string { return fmt.Sprintf("launch of %s: %s", e.Entry, e.Problem) }
