package machine

import (
	"fmt"

	"github.com/gmel-go/gmel/kernels"
)

// MaxSegments is the number of parts in which a sum over a batch is cut at most.
const MaxSegments = 16

// Limits for loops. A tile whose temporaries stay in a core's second-level cache needs no bandwidth
// beyond that cache.
const (
	tileFloats   = 64 << 10 // size of a tile's temporaries; see tiling.items
	tileRows     = 64       // products of fewer rows are inefficient
	minTiles     = 4        // with fewer tiles, threads have too little to share
	loopMinFlops = 1 << 20  // with less work, a loop costs more than it saves
)

// tile turns chains of ops on a batch into loops over tiles of the batch. b.tileItems > 0 is the
// number of items of a tile, however small the work; < 0 disables loops.
func (b *Builder) tile(code []*instr) []*instr {
	batch := batchOf(code)
	if b.tileItems < 0 || batch < 2 {
		return code
	}
	s := newSchedule(code, batch)
	var out []*instr
	loops := false
	for stage := 0; stage <= s.lastStage(); stage++ {
		ops := s.at(stage)
		if stage%2 == 0 && len(ops) > 0 && (b.tileItems > 0 || s.worthwhile(ops)) {
			out = append(out, b.loops(s, ops)...)
			loops = true
			continue
		}
		for _, i := range ops {
			out = append(out, code[i])
		}
	}
	if !loops {
		return code
	}
	return out
}

// batchOf returns the number of items of the batch: the batch of attention or, without attention,
// the rows of the largest product. It is 0 if there is neither.
func batchOf(code []*instr) int64 {
	var batch, work int64
	for _, in := range code {
		d := &in.d
		switch d.Op {
		case kernels.OpAttention, kernels.OpAttentionGrad:
			return d.Dim[0]
		case kernels.OpGemm:
			spec, _ := kernels.SpecOf(d.Op)
			if n := spec.Flops(d); n > work && !d.Has(kernels.FlagTransA) && d.Dim[kernels.GemmGroups] == 1 {
				batch, work = d.Dim[kernels.GemmM], n
			}
		}
	}
	return batch
}

func (s *schedule) lastStage() int {
	last := 0
	for _, stage := range s.stages {
		last = max(last, stage)
	}
	return last
}

func (s *schedule) at(stage int) (ops []int) {
	for i, at := range s.stages {
		if at == stage {
			ops = append(ops, i)
		}
	}
	return ops
}

func (s *schedule) worthwhile(ops []int) bool {
	if len(ops) == 1 && s.views[ops[0]].Sum < 0 {
		return false // a tile would keep nothing in the cache, and the op's own tasks are finer
	}
	var flops int64
	for _, i := range ops {
		d := &s.code[i].d
		switch d.Op {
		case kernels.OpGemm, kernels.OpAttention, kernels.OpAttentionGrad:
			spec, _ := kernels.SpecOf(d.Op)
			flops += spec.Flops(d)
		}
	}
	return flops >= loopMinFlops && s.batch >= minTiles
}

// tiling is a loop under construction.
type tiling struct {
	b     *Builder
	s     *schedule
	ops   []int
	local map[*store]int64  // temporaries that are alive only inside an iteration, with their pitch
	parts map[int]*partials // partial sums of the ops that sum over the items
}

// partials are the sums of segments. If the op cannot accumulate, they are the sums of iterations.
type partials struct {
	t             Tensor
	size, rows    int64 // floats in one partial sum, number of partial sums
	eachIteration bool
}

// loops makes one loop of the ops at the given positions and another for the remaining items. Then
// it adds up the partial sums.
func (b *Builder) loops(s *schedule, ops []int) []*instr {
	t := &tiling{b: b, s: s, ops: ops, local: map[*store]int64{}, parts: map[int]*partials{}}
	t.findLocal()
	items := b.tileItems
	if items <= 0 {
		items = t.items()
	}
	items = min(items, s.batch)
	iterations, rest := s.batch/items, s.batch%items
	segments := min(iterations, MaxSegments)
	t.makeParts(iterations, segments, rest > 0)
	out := t.loop(span{0, items, iterations, segments})
	if rest > 0 {
		out = append(out, t.loop(span{iterations * items, rest, 1, 1})...)
	}
	return append(out, t.totals()...)
}

// span is the part of the batch that one loop works on.
type span struct{ from, items, iterations, segments int64 }

// findLocal finds the temporaries that only these ops access, item by item.
func (t *tiling) findLocal() {
	in := map[int]bool{}
	for _, i := range t.ops {
		in[i] = true
	}
	for _, i := range t.ops {
		for _, a := range t.s.acc[i] {
			if p, ok := t.pitchOf(a.s, in); ok && !a.s.Persistent() {
				t.local[a.s] = p
			}
		}
	}
}

// pitchOf returns the floats from item to item in a store. ok is false unless only these ops use the
// store and all with this pitch.
func (t *tiling) pitchOf(s *store, in map[int]bool) (pitch int64, ok bool) {
	for _, u := range t.s.uses[s] {
		v := &t.s.views[u.at]
		p := v.Pitch[u.arg]
		if !in[u.at] || u.arg == v.Sum || !t.s.sameItem(u.at, v, u.access) || pitch != 0 && p != pitch {
			return 0, false
		}
		pitch = p
	}
	return pitch, true
}

// items chooses the number of items of a tile. It takes the number that fits the cache, then the
// nearest divisor of the batch if one is close.
func (t *tiling) items() int64 {
	batch := t.s.batch
	rows := max(1, t.rows()/batch)
	least := (tileRows + rows - 1) / rows
	n := max(least, max(tileFloats, t.shared())/max(1, t.peak()))
	n = max(min(n, batch/minTiles), min(least, batch), 1)
	for d := int64(0); d <= n/2; d++ { // search for the nearest divisor
		switch {
		case batch%(n+d) == 0 && batch > n+d: // one tile would have nothing to share
			return n + d
		case batch%(n-d) == 0:
			return n - d
		}
	}
	return n
}

// shared is the number of floats that every tile reads or adds up again: weights and sums. They must
// be loaded into the cache for each tile, so a wider network needs larger tiles.
func (t *tiling) shared() (floats int64) {
	for _, i := range t.ops {
		for _, a := range t.s.acc[i] {
			if d := &t.s.code[i].d; d.Op == kernels.OpGemm && (t.s.views[i].Pitch[a.arg] == 0) {
				floats += a.to - a.from
			}
		}
	}
	return floats
}

// rows is the number of rows of the largest product.
func (t *tiling) rows() int64 {
	n := t.s.batch
	for _, i := range t.ops {
		if d := &t.s.code[i].d; d.Op == kernels.OpGemm && t.s.views[i].Sum < 0 {
			n = max(n, d.Dim[kernels.GemmM])
		}
	}
	return n
}

// peak is the peak memory of local temporaries, in floats per item.
func (t *tiling) peak() int64 {
	first, last := map[*store]int{}, map[*store]int{}
	for n, i := range t.ops {
		for _, a := range t.s.acc[i] {
			if _, ok := first[a.s]; !ok {
				first[a.s] = n
			}
			last[a.s] = n
		}
	}
	var alive, most int64
	for n, i := range t.ops {
		seen := map[*store]bool{}
		for _, a := range t.s.acc[i] {
			if !seen[a.s] && first[a.s] == n {
				alive += t.local[a.s]
			}
			seen[a.s] = true
		}
		most = max(most, alive)
		for s := range seen {
			if last[s] == n {
				alive -= t.local[s]
			}
		}
	}
	return most
}

// makeParts creates the temporaries for the partial sums.
func (t *tiling) makeParts(iterations, segments int64, rest bool) {
	for _, i := range t.ops {
		v := &t.s.views[i]
		if v.Sum < 0 {
			continue
		}
		d := &t.s.code[i].d
		spec, _ := kernels.SpecOf(d.Op)
		p := &partials{size: spec.Args[v.Sum].Len(d), rows: segments, eachIteration: !spec.Accumulates}
		if p.eachIteration {
			p.rows = iterations
		}
		if rest {
			p.rows++
		}
		p.t = t.b.Temp(fmt.Sprintf("parts of %s", t.s.code[i].args[v.Sum].s.name), int(p.rows), int(p.size))
		t.parts[i] = p
	}
}

// loop returns the loop over a part of the batch. Only the remaining items, which do not begin at
// item 0, write their sums into the last row of the partials.
func (t *tiling) loop(at span) []*instr {
	header := &instr{d: desc(kernels.OpLoop, int64(len(t.ops)), at.iterations, at.segments)}
	out := []*instr{header}
	local := map[*store]*store{}
	for s, pitch := range t.local {
		local[s] = newStore(t.b, s.name, []int{int(pitch * at.items)})
		local[s].local = true
	}
	for _, i := range t.ops {
		out = append(out, t.body(i, at, local))
	}
	return out
}

// body returns op i for the first tile of a part, with its steps from tile to tile.
func (t *tiling) body(i int, at span, local map[*store]*store) *instr {
	in, v := *t.s.code[i], &t.s.views[i]
	in.d = v.Part(in.d, at.items, t.s.batch)
	for arg, r := range in.args {
		switch pitch := v.Pitch[arg]; {
		case r.s == nil:
		case arg == v.Sum:
			in.addUp(arg, t.parts[i], at)
		case local[r.s] != nil:
			in.args[arg].s = local[r.s]
		default:
			in.args[arg].off += at.from * pitch
			in.step.Iteration[arg] = at.items * pitch
		}
	}
	return &in
}

// addUp makes an op write its sums into the partials.
func (in *instr) addUp(arg int, p *partials, at span) {
	in.d.Flags &^= kernels.FlagAccumulate
	in.args[arg] = loc{s: p.t.root}
	switch {
	case at.from > 0:
		in.args[arg].off = (p.rows - 1) * p.size
	case p.eachIteration:
		in.step.Iteration[arg] = p.size
	default:
		in.step.Segment[arg], in.step.Sum = p.size, 1
	}
}

// totals adds up the partial sums in order.
func (t *tiling) totals() (out []*instr) {
	for _, i := range t.ops {
		p := t.parts[i]
		if p == nil {
			continue
		}
		in := &instr{d: desc(kernels.OpSumCols, p.rows, p.size, p.size)}
		in.d.Scalar[0] = 1
		in.d.Flags = t.s.code[i].d.Flags & kernels.FlagAccumulate
		in.args[0], in.args[1] = loc{s: p.t.root}, t.s.code[i].args[t.s.views[i].Sum]
		out = append(out, in)
	}
	return out
}
