package ptx

import (
	"fmt"
	"math/bits"
	"slices"
)

// warpValues are the values of a register in the lanes of a warp.
type warpValues [warpSize]uint64

// eachWarp calls f for the warps of s with the lanes that take part.
func eachWarp(s *lanes, f func(w int, here uint32)) {
	for w, here := range s {
		if here != 0 {
			f(w, here)
		}
	}
}

// warpRun is the threads of a warp that the block has.
func (b *block) warpRun(w int) run { return run{w * warpSize, min((w+1)*warpSize, b.threads)} }

// shuffle makes shfl.sync.mode.b32 d|p, a, b, c, mask.
func shuffle(o *operands, in *instruction) {
	if len(o.words) != 4 || o.words[1] != "sync" || o.words[3] != "b32" || !slices.Contains([]string{"up", "down", "bfly", "idx"}, o.words[2]) {
		o.unknown()
		return
	}
	o.count(5)
	mode := o.words[2]
	d, p := o.pair(0)
	a, lane, clamp := o.read32(o.list[1]), o.read32(o.list[2]), o.read32(o.list[3])
	in.flow = gather
	in.sync = &gathering{mask: o.read32(o.list[4]), act: func(b *block, s *lanes) {
		eachWarp(s, func(w int, here uint32) {
			at := b.warpRun(w)
			var old [warpSize]uint32
			copy(old[:], a.of(b, at))
			lanes, clamps, to := lane.of(b, at), clamp.of(b, at), d.of(b, at)
			for rest := here; rest != 0; rest &= rest - 1 {
				i := bits.TrailingZeros32(rest)
				j, ok := shuffled(mode, i, lanes[i], clamps[i])
				if here>>j&1 == 0 {
					b.fail(at.lo+i, &DivergenceError{Problem: fmt.Sprintf("lane %d is asked for its value, but is not part of the shuffle", j)})
					return
				}
				to[i] = old[j]
				if p >= 0 {
					p.of(b, at)[i] = truth(ok)
				}
			}
		})
	}}
}

// shuffled is the lane whose value lane i gets, itself if the one asked for is out of range.
func shuffled(mode string, i int, operand, c uint32) (j int, inRange bool) {
	segments, clamp, by := int(c>>8&31), int(c&31), int(operand&31)
	lowest := i & segments
	limit := lowest | clamp&^segments
	switch mode {
	case "up":
		j = i - by
		inRange = j >= limit
	case "down":
		j = i + by
		inRange = j <= limit
	case "bfly":
		j = i ^ by
		inRange = j <= limit
	default:
		j = lowest | by&^segments
		inRange = j <= limit
	}
	if !inRange {
		j = i
	}
	return j, inRange
}

// vote makes vote.sync: ballot, any, all and uni.
func vote(o *operands, in *instruction) {
	results := map[string]func(have, here uint32) uint32{
		"ballot.b32": func(have, _ uint32) uint32 { return have },
		"any.pred":   func(have, _ uint32) uint32 { return truth(have != 0) },
		"all.pred":   func(have, here uint32) uint32 { return truth(have == here) },
		"uni.pred":   func(have, here uint32) uint32 { return truth(have == here || have == 0) },
	}
	if len(o.words) != 4 || o.words[1] != "sync" || results[o.words[2]+"."+o.words[3]] == nil {
		o.unknown()
		return
	}
	o.count(3)
	result := results[o.words[2]+"."+o.words[3]]
	d := o.write32(o.list[0])
	p, flip := o.predicate(1)
	o.collect(in, 2, d, func(b *block, w int, here uint32) func(lane int) uint32 {
		have := uint32(0)
		for i, x := range p.of(b, b.warpRun(w)) {
			have |= (x ^ flip) << i & here
		}
		return func(int) uint32 { return result(have, here) }
	})
}

// collect makes a gathering of the warp with the mask in operand maskAt: from the values of all lanes, each gets a result in d.
func (o *operands) collect(in *instruction, maskAt int, d r32, f func(b *block, w int, here uint32) func(lane int) uint32) {
	in.flow = gather
	in.sync = &gathering{mask: o.read32(o.list[maskAt]), act: func(b *block, s *lanes) {
		eachWarp(s, func(w int, here uint32) {
			result, to := f(b, w, here), d.of(b, b.warpRun(w))
			for rest := here; rest != 0; rest &= rest - 1 {
				i := bits.TrailingZeros32(rest)
				to[i] = result(i)
			}
		})
	}}
}

// values reads operand i in the lanes of a warp.
func (o *operands) values(i int) func(b *block, w int) *warpValues {
	get := o.get(i)
	return func(b *block, w int) *warpValues {
		var v warpValues
		at := b.warpRun(w)
		for t := at.lo; t < at.hi; t++ {
			v[t-at.lo] = get(b, t)
		}
		return &v
	}
}

// match makes match.any.sync d, a, mask: the lanes with the same value; and match.all.sync d|p: all, if they have the same.
func match(o *operands, in *instruction) {
	if len(o.words) != 4 || o.words[2] != "sync" || o.words[1] != "any" && o.words[1] != "all" || o.typ.class != 'b' {
		o.unknown()
		return
	}
	o.count(3)
	all := o.words[1] == "all"
	d, p := o.pair(0)
	values := o.values(1)
	o.collect(in, 2, d, func(b *block, w int, here uint32) func(lane int) uint32 {
		v := values(b, w)
		return func(lane int) uint32 {
			equal := uint32(0)
			for i := range v {
				equal |= truth(v[i] == v[lane]) << i & here
			}
			if all && equal != here {
				equal = 0
			}
			if p >= 0 {
				p.of(b, b.warpRun(w))[lane] = truth(equal == here)
			}
			return equal
		}
	})
}

// activeMask makes activemask.b32 d: the threads of the warp that execute it together.
func activeMask(o *operands, in *instruction) {
	o.count(1)
	d := o.write32(o.list[0])
	in.flow = gather
	in.sync = &gathering{none: true, act: func(b *block, s *lanes) {
		for _, at := range s.runs(nil) {
			for t := at.lo; t < at.hi; t++ {
				d.of(b, run{t, t + 1})[0] = s[t/warpSize]
			}
		}
	}}
}

// reduceWarp makes redux.sync.op.type d, a, mask.
func reduceWarp(o *operands, in *instruction) {
	if len(o.words) != 4 || o.words[1] != "sync" || o.typ.bits != 32 || o.typ.class == 'f' ||
		!slices.Contains([]string{"add", "min", "max", "and", "or", "xor"}, o.words[2]) {
		o.unknown()
		return
	}
	o.count(3)
	f, typ := atomics[o.words[2]], o.typ
	d, values := o.write32(o.list[0]), o.values(1)
	o.collect(in, 2, d, func(b *block, w int, here uint32) func(lane int) uint32 {
		v := values(b, w)
		first := bits.TrailingZeros32(here)
		sum := v[first]
		for i := first + 1; i < warpSize; i++ {
			if here>>i&1 != 0 {
				sum = f(sum, v[i], typ) & typ.mask()
			}
		}
		return func(int) uint32 { return uint32(sum) }
	})
}
