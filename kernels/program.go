package kernels

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
)

// Symbol names a range of the arena, for dumps and error messages.
type Symbol struct {
	Name   string
	Offset int64
	Shape  []int
}

// Scratch says how much memory the temporaries of a Program share: Planned floats, local memory
// included. Without sharing they would take Total floats.
type Scratch struct{ Planned, Total int64 }

// Program is a flat list of ops over one arena.
type Program struct {
	Name    string
	Descs   []Desc
	Steps   []Step // one for each of Descs, or nil without loops
	Arena   int64  // floats
	Local   int64  // floats of local memory that one segment of a loop needs
	Scratch Scratch
	Symbols []Symbol

	Environments []Environment // played by OpStep
	Unread       []Unread      // successor states that need not be written; they are no part of Hash
}

// Unread is the successor state of an OpStep, StepNextObs or StepNextMask, that no op reads and nothing keeps after a run. The floats
// may be left as they are.
type Unread struct{ Op, Arg int }

// Validate checks every descriptor against its Spec: known op, functions and flags, dimensions
// not negative, required arguments present and all arguments inside the arena in every
// iteration.
func (p *Program) Validate() error {
	var errs []error
	if p.Steps != nil && len(p.Steps) != len(p.Descs) {
		return fmt.Errorf("program %q: %d steps for %d ops", p.Name, len(p.Steps), len(p.Descs))
	}
	if p.Arena < 0 || p.Arena > maxDim || p.Local < 0 || p.Local > maxDim {
		return fmt.Errorf("program %q: an arena of %d floats and local memory of %d, allowed are 0 to 2^48", p.Name, p.Arena, p.Local)
	}
	for _, u := range p.Unread {
		if u.Op < 0 || u.Op >= len(p.Descs) || p.Descs[u.Op].Op != OpStep || u.Arg != StepNextObs && u.Arg != StepNextMask {
			errs = append(errs, fmt.Errorf("program %q: argument %d of op %d cannot be unread; allowed are the successor states of steps", p.Name, u.Arg, u.Op))
		}
	}
	var loop loop
	for i := range p.Descs {
		if err := p.validate(i, &loop); err != nil {
			errs = append(errs, fmt.Errorf("program %q, op %d: %w", p.Name, i, err))
		}
	}
	return errors.Join(errs...)
}

func (p *Program) validate(i int, l *loop) error {
	d := &p.Descs[i]
	if i >= l.end {
		l.header = nil
	}
	if d.Op == OpLoop {
		return l.open(p, i)
	}
	if l.header == nil {
		if err := d.validate(space{arena: p.Arena}); err != nil || d.Op != OpStep {
			return err
		}
		return p.checkStep(d)
	}
	if d.Op == OpStep {
		return fmt.Errorf("step in the body of a loop")
	}
	return d.validate(space{p.Arena, p.Local, l.header, &p.Steps[i]})
}

func (d *Desc) validate(in space) error {
	s, ok := SpecOf(d.Op)
	if !ok {
		return fmt.Errorf("unknown op code %d", d.Op)
	}
	if d.Fn >= fnEnd || d.Bin >= binEnd {
		return fmt.Errorf("%s: unknown function %s or %s", s.Name, d.Fn, d.Bin)
	}
	if !s.Accumulates && (d.Has(FlagAccumulate) || in.step != nil && in.step.Sum != 0) {
		return fmt.Errorf("%s does not accumulate", s.Name)
	}
	if err := d.checkDims(s); err != nil {
		return err
	}
	for i, a := range s.Args {
		if err := in.check(d, i, &a); err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return s.check(d)
}

// Hash identifies the work of a Program: equal programs have equal hashes on every machine.
func (p *Program) Hash() uint64 {
	h := fnv.New64a()
	for i := range p.Descs {
		// Desc has a fixed size and no pointers, so this cannot fail.
		_ = binary.Write(h, binary.LittleEndian, &p.Descs[i])
	}
	for i := range p.Steps {
		_ = binary.Write(h, binary.LittleEndian, &p.Steps[i])
	}
	_ = binary.Write(h, binary.LittleEndian, []int64{p.Arena, p.Local})
	return h.Sum64()
}

// names are the symbols by offset; of several at one offset, the first.
func (p *Program) names() map[int64]string {
	names := make(map[int64]string, len(p.Symbols))
	for _, s := range p.Symbols {
		if _, taken := names[s.Offset]; !taken {
			names[s.Offset] = s.Name
		}
	}
	return names
}

// String is a readable listing, one op a line.
func (p *Program) String() string {
	names := p.names()
	var b strings.Builder
	fmt.Fprintf(&b, "program %s: %d ops, arena %d floats, local %d, temporaries %d in %d, hash %016x\n",
		p.Name, len(p.Descs), p.Arena, p.Local, p.Scratch.Total, p.Scratch.Planned, p.Hash())
	body := 0
	for i := range p.Descs {
		bar := " "
		if i < body {
			bar = "|"
		}
		if d := &p.Descs[i]; d.Op == OpLoop {
			body = i + 1 + int(d.Dim[LoopBody])
		}
		fmt.Fprintf(&b, "%4d %s%s\n", i, bar, p.Descs[i].format(names))
	}
	return b.String()
}

// Describe is op i in one line, with its dimensions and arguments.
func (p *Program) Describe(i int) string {
	return strings.Join(strings.Fields(p.Descs[i].format(p.names())), " ")
}

func (d *Desc) format(names map[int64]string) string {
	s, ok := SpecOf(d.Op)
	if !ok {
		return d.Op.String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-14s", s.Name)
	for i, n := range s.Dims {
		if i >= len(s.Dims)-s.Rare && d.Dim[i] == 0 {
			continue
		}
		fmt.Fprintf(&b, " %s=%d", n, d.Dim[i])
	}
	for i, a := range s.Args {
		if d.Arg[i] == Absent && a.Optional {
			continue
		}
		name, ok := names[d.Arg[i]]
		if !ok {
			name = placeName(d.Arg[i])
		}
		fmt.Fprintf(&b, " %s:%s", a.Name, name)
	}
	if d.Fn != FnIdentity {
		fmt.Fprintf(&b, " fn=%s", d.Fn)
	}
	if d.Op == OpBinary {
		fmt.Fprintf(&b, " bin=%s", d.Bin)
	}
	if d.Flags != 0 {
		fmt.Fprintf(&b, " flags=%04b", d.Flags)
	}
	return b.String()
}
