package ptx

import (
	"fmt"
	"slices"
)

// group is threads that are at the same instruction, which they execute together.
type group struct {
	at      int // the instruction
	lanes   lanes
	runs    []run
	waiting bool // at a gathering that is not complete
}

// set changes the threads of a group.
func (g *group) set(s lanes) {
	g.lanes = s
	g.runs = s.runs(g.runs[:0])
}

// Threads that take different branches are in different groups. The group at the lowest instruction goes first, so that those which
// went ahead wait where paths of structured code meet again; groups that meet become one. The order changes no result of a kernel
// without races. A spin lock between threads of a block would not end.

// run executes the block until all threads have left.
func (b *block) run() error {
	b.alive = firstLanes(b.threads)
	b.groups = b.groups[:0]
	b.add(0, b.alive)
	for len(b.groups) > 0 && b.err == nil {
		if g := b.pick(); g != nil {
			b.advance(g)
		}
	}
	return b.err
}

// pick is the next group to go, or nil after a fault.
func (b *block) pick() *group {
	for _, g := range b.groups {
		if !g.waiting {
			return g
		}
	}
	for _, g := range b.groups { // threads that left may have been the last that were missing
		if in := &b.entry.code[g.at]; b.complete(g, in) != (lanes{}) {
			return g
		}
		if b.err != nil {
			return nil
		}
	}
	b.stuck()
	return nil
}

// add puts threads at an instruction, together with those that are there.
func (b *block) add(at int, s lanes) {
	i, found := slices.BinarySearchFunc(b.groups, at, func(g *group, at int) int { return g.at - at })
	if found {
		g := b.groups[i]
		g.waiting = false
		g.set(g.lanes.with(&s))
		return
	}
	var g *group
	if n := len(b.spare); n > 0 {
		g, b.spare = b.spare[n-1], b.spare[:n-1]
	} else {
		g = &group{}
	}
	g.at, g.waiting = at, false
	g.set(s)
	b.groups = slices.Insert(b.groups, i, g)
}

// remove takes a group away.
func (b *block) remove(g *group) {
	i := slices.Index(b.groups, g)
	b.groups = slices.Delete(b.groups, i, i+1)
	b.spare = append(b.spare, g)
}

// advance executes g until it meets another group, its threads part or it waits.
func (b *block) advance(g *group) {
	code := b.entry.code
	limit := len(code)
	for _, other := range b.groups {
		if other.at > g.at {
			limit = other.at
			break
		}
	}
	for {
		in := &code[g.at]
		b.in = in
		if b.steps++; b.steps > b.options.MaxSteps {
			b.fail(g.lanes.first(), &LimitError{Steps: b.options.MaxSteps})
		}
		if in.flow != next {
			if b.err == nil {
				b.transfer(g, in)
			}
			return
		}
		runs := g.runs
		if in.guard >= 0 {
			runs = b.guarded(runs, in)
		}
		for _, r := range runs {
			in.act(b, r)
		}
		g.at++
		if b.err != nil {
			return
		}
		if g.at >= limit {
			b.moveTo(g, g.at, g.lanes)
			return
		}
	}
}

// guarded is the runs of threads whose predicate lets them execute an instruction.
func (b *block) guarded(runs []run, in *instruction) []run {
	b.runs = b.runs[:0]
	skip := truth(in.negated)
	for _, r := range runs {
		from := -1
		for i, p := range in.guard.of(b, r) {
			switch {
			case p != skip && from < 0:
				from = i
			case p == skip && from >= 0:
				b.runs = append(b.runs, run{r.lo + from, r.lo + i})
				from = -1
			}
		}
		if from >= 0 {
			b.runs = append(b.runs, run{r.lo + from, r.hi})
		}
	}
	return b.runs
}

// taken is the threads of g that execute an instruction.
func (b *block) taken(g *group, in *instruction) (s lanes) {
	if in.guard < 0 {
		return g.lanes
	}
	for _, r := range b.guarded(g.runs, in) {
		for t := r.lo; t < r.hi; t++ {
			s[t/warpSize] |= 1 << (t % warpSize)
		}
	}
	return s
}

// moveTo puts threads of g elsewhere; the rest stays.
func (b *block) moveTo(g *group, at int, s lanes) {
	if rest := g.lanes.without(&s); !rest.empty() {
		g.set(rest)
		b.add(at, s)
		return
	}
	if len(b.groups) == 1 {
		g.at, g.waiting = at, false
		return
	}
	b.remove(g)
	b.add(at, s)
}

// transfer executes an instruction that moves threads.
func (b *block) transfer(g *group, in *instruction) {
	s := b.taken(g, in)
	if others := g.lanes.without(&s); !others.empty() {
		b.split(g, in, s, others)
		return
	}
	switch in.flow {
	case jump:
		b.moveTo(g, in.target, s)
	case leave:
		b.alive = b.alive.without(&s)
		b.remove(g)
	case gather:
		b.meet(g, in)
	}
}

// split moves the threads that do not execute in to the next instruction. The others execute it when it is their turn.
func (b *block) split(g *group, in *instruction, s, others lanes) {
	if s.empty() {
		b.moveTo(g, g.at+1, others)
		return
	}
	at := g.at
	b.remove(g)
	if in.flow == jump {
		b.add(in.target, s)
	} else {
		b.add(at, s)
	}
	b.add(at+1, others)
}

// stuck is the fault of threads that wait for each other.
func (b *block) stuck() {
	g := b.groups[0]
	b.in = &b.entry.code[g.at]
	other := b.groups[len(b.groups)-1]
	in := &b.entry.code[other.at]
	b.fail(g.lanes.first(), &DivergenceError{Problem: fmt.Sprintf(
		"%d of %d threads wait here for the others, and thread %v waits at line %d: %s",
		g.lanes.count(), b.alive.count(), b.place(other.lanes.first()), in.line, in.text,
	)})
}
