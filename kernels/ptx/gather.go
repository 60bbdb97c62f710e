package ptx

import (
	"fmt"
	"math/bits"
)

// gathering is what an instruction needs that threads execute together: all of a block, or some of a warp.
type gathering struct {
	block bool // all of the block that have not left
	none  bool // only those that are there
	mask  r32  // else the threads of a warp that this register names, but for those that have left; -1: all 32, none of which may have
	act   func(b *block, s *lanes)
}

// meet executes a gathering for those threads of g that are complete. The rest waits.
func (b *block) meet(g *group, in *instruction) {
	s := b.complete(g, in)
	if b.err != nil {
		return
	}
	if s.empty() {
		g.waiting = true
		return
	}
	if in.barrier > 0 && b.options.Reached != nil {
		b.options.Reached[in.barrier-1] = true
	}
	at := g.at
	in.sync.act(b, &s)
	if rest := g.lanes.without(&s); !rest.empty() {
		g.waiting = true
	}
	b.moveTo(g, at+1, s)
}

// complete is the threads of g that have all that they wait for.
func (b *block) complete(g *group, in *instruction) (s lanes) {
	b.in = in
	if in.sync.none || b.skips(in) || in.sync.block && g.lanes == b.alive {
		return g.lanes
	}
	if in.sync.block {
		return s
	}
	for w, here := range g.lanes {
		if here != 0 && b.warpComplete(in, w, here) {
			s[w] = here
		}
	}
	return s
}

// warpComplete reports that the threads of warp w that are here are all that take part.
func (b *block) warpComplete(in *instruction, w int, here uint32) bool {
	first := w*warpSize + bits.TrailingZeros32(here)
	if in.sync.mask < 0 {
		if b.alive[w] != 1<<32-1 {
			b.fail(first, &DivergenceError{Problem: "the warp does not have all of its 32 threads any more, or never had"})
		}
		return here == b.alive[w]
	}
	masks := in.sync.mask.of(b, run{0, b.threads})
	want := masks[first]
	for rest := here; rest != 0; rest &= rest - 1 {
		lane := bits.TrailingZeros32(rest)
		t := w*warpSize + lane
		switch {
		case masks[t] != want:
			b.fail(t, &DivergenceError{Problem: maskProblem("threads of a warp give different masks", want, masks[t])})
			return false
		case want>>lane&1 == 0:
			b.fail(t, &DivergenceError{Problem: maskProblem("the thread is not in its own mask", want, 1<<lane)})
			return false
		}
	}
	return want&b.alive[w]&^here == 0
}

func maskProblem(problem string, want, got uint32) string {
	return fmt.Sprintf("%s, %#08x and %#08x", problem, want, got)
}
