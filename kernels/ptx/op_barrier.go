package ptx

import "slices"

// barrier makes bar.sync and bar.red of a whole block, and bar.warp.sync.
func barrier(o *operands, in *instruction) {
	words := slices.DeleteFunc(slices.Clone(o.words[1:]), func(w string) bool { return w == "cta" || w == "aligned" })
	o.a.entry.barriers++
	in.barrier = o.a.entry.barriers
	in.flow = gather
	switch {
	case slices.Equal(words, []string{"sync"}):
		o.wholeBlock(0, 1)
		in.sync = &gathering{block: true, act: func(b *block, _ *lanes) { b.ordered() }}
	case slices.Equal(words, []string{"warp", "sync"}):
		o.count(1)
		in.sync = &gathering{mask: o.read32(o.list[0]), act: func(b *block, s *lanes) { b.orderedWarps(s) }}
	case len(words) == 3 && words[0] == "red":
		o.wholeBlock(1, 3)
		in.sync = &gathering{block: true, act: o.reduceBlock(words[1], words[2])}
	default:
		o.unknown()
	}
}

// wholeBlock demands that operand id, the number of the barrier, is not followed by a number of threads. There are n operands then.
func (o *operands) wholeBlock(id, n int) {
	if len(o.list) > n {
		o.fail("%s for a part of the block is not supported", o.opcode)
	}
	o.count(n)
	o.read32(o.list[id])
}

// reduceBlock makes bar.red.op.type d, a, p: how many threads have p, or whether all or any have it. Left out, it tells each thread of
// itself alone.
func (o *operands) reduceBlock(operation, typ string) func(b *block, s *lanes) {
	d := o.write32(o.list[0])
	p, flip := o.predicate(2)
	results := map[string]func(have, all int) uint32{
		"popc.u32": func(have, _ int) uint32 { return uint32(have) },
		"and.pred": func(have, all int) uint32 { return truth(have == all) },
		"or.pred":  func(have, _ int) uint32 { return truth(have > 0) },
	}
	result := results[operation+"."+typ]
	if result == nil {
		o.unknown()
	}
	return func(b *block, s *lanes) {
		if b.skips(b.in) {
			for _, at := range s.runs(nil) {
				to := d.of(b, at)
				for i, x := range p.of(b, at) {
					to[i] = result(int(x^flip), 1)
				}
			}
			return
		}
		have := 0
		for _, at := range s.runs(nil) {
			for _, x := range p.of(b, at) {
				have += int(x ^ flip)
			}
		}
		told := result(have, s.count())
		if b.races != nil && (told != result(0, 1) && have < s.count() || told != result(1, 1) && have > 0) {
			b.races.need(b.in.barrier) // some thread would be told something else alone
		}
		for _, at := range s.runs(nil) {
			fillWith(d.of(b, at), told)
		}
		b.ordered()
	}
}

// predicate is operand i, and 1 if it is negated.
func (o *operands) predicate(i int) (p r32, flip uint32) {
	text := o.list[i]
	if text != "" && text[0] == '!' {
		return o.read32(text[1:]), 1
	}
	return o.read32(text), 0
}

// ordered notes that all threads of the block have met.
func (b *block) ordered() {
	if b.races != nil && !b.skips(b.in) {
		b.races.passed(b.in.barrier)
	}
}

// orderedWarps notes that all threads of some warps have met. A meeting of a part of a warp is not taken as an order.
func (b *block) orderedWarps(s *lanes) {
	if b.races == nil || b.skips(b.in) {
		return
	}
	for w, x := range s {
		if x != 0 && x == b.alive[w] {
			b.races.passedByWarp(w, b.in.barrier)
		}
	}
}
