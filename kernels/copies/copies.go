package copies

import (
	"slices"

	"github.com/gmel-go/gmel/kernels"
)

// Where a product has its copies: Desc.Arg[LeftCopy] is the place of the copy of A in floats from the begin of the memory of copies, and
// Step.Iteration[LeftCopy] is how it moves; 0: there is none. gmel_cuda.h repeats them.
const (
	LeftCopy = 5 + iota
	RightCopy
	ResultCopy
)

const (
	// fewest is the number of blocks of threads that read a matrix, from which on a launch that copies it saves bytes: it moves 6 bytes an
	// element, and each read then moves 2 bytes less.
	fewest = 4
	// fewestOfResult is that number where a product writes the copy of its result, which takes 2 bytes an element.
	fewestOfResult = 2
	// chunk is how many numbers a device moves at once. Lines of a result's copy are whole chunks, so that no kernel has to write zeros
	// behind them.
	chunk = 8
)

// Plan is a Program with copies.
type Plan struct {
	Program *kernels.Program // the same ops; products have the places of their copies
	Casts   []Cast           // in the order of Before
	Floats  int64            // of the memory of copies
}

// Cast is a copy that a launch makes: Lines x Width floats of the arena from From on, Pitch apart, go to To in the memory of copies. There
// lines are apart by Width, rounded up to a multiple of 8; between them are zeros.
type Cast struct {
	Before                        int64 // the op before which it is made, outside of loops
	Reader                        int64 // the first product that reads it
	From, Lines, Width, Pitch, To int64
}

// LaunchBytes is what casts before an op should save for their launch to be worth it: what a large device reads from its caches in the
// 2 us that a launch takes.
const LaunchBytes = 8 << 20

// Of finds the copies of a valid Program. Casts before an op that save fewer bytes than least are left out.
func Of(program *kernels.Program, least int64) *Plan {
	p := *program
	p.Descs, p.Steps = slices.Clone(p.Descs), slices.Clone(p.Steps)
	f := &finder{plan: &Plan{Program: &p, Floats: line}} // 0 is no place
	f.clear()
	for _, s := range stretchesOf(&p) {
		f.results(s)
	}
	for _, s := range stretchesOf(&p) {
		f.matrices(s)
	}
	f.leaveOut(least)
	return f.plan
}

// finder adds copies to a plan.
type finder struct {
	plan *Plan
	uses []use
}

// use is a factor that has a copy by a cast, and how many bytes less the product reads, without those that the cast moves.
type use struct {
	reader
	cast  int
	saves int64
}

// clear removes what may be in the arguments that no op has.
func (f *finder) clear() {
	p := f.plan.Program
	for i := range p.Descs {
		if p.Descs[i].Op == kernels.OpGemm {
			for a := LeftCopy; a <= ResultCopy; a++ {
				f.set(i, a, 0, 0)
			}
		}
	}
}

// set says where a copy of a product is.
func (f *finder) set(op, which int, at, iteration int64) {
	p := f.plan.Program
	p.Descs[op].Arg[which] = at
	if p.Steps != nil {
		p.Steps[op].Iteration[which] = iteration
	}
}

// results finds the results in a stretch that are worth a copy.
func (f *finder) results(s stretch) {
	var copied []lifetime
	for op := s.from; op < s.to; op++ {
		m, _, ok := s.matrixOf(op, result)
		if !ok || s.step(op).Sum != 0 || !s.own(m) || m.width%chunk != 0 {
			continue
		}
		readers, blocks := s.readers(op, m)
		if blocks < fewestOfResult {
			continue
		}
		c := lifetime{length: m.copied() * s.iterations(), from: op, to: readers[len(readers)-1].op}
		c.at = placeFor(c, copied)
		copied = append(copied, c)
		f.plan.Floats = max(f.plan.Floats, c.at+c.length)
		f.set(op, ResultCopy, c.at, s.moves(m))
		for _, r := range readers {
			f.set(r.op, LeftCopy+r.arg, c.at, s.moves(m))
		}
	}
}

// lifetime is a range of the memory of copies that is in use from an op to another one.
type lifetime struct {
	at, length int64
	from, to   int
}

// placeFor is the first place for c beside those that are in use at the same time.
func placeFor(c lifetime, others []lifetime) int64 {
	var busy []lifetime
	for _, o := range others {
		if o.to >= c.from {
			busy = append(busy, o)
		}
	}
	slices.SortFunc(busy, func(a, b lifetime) int { return int(min(max(a.at-b.at, -1), 1)) })
	at := int64(line)
	for _, o := range busy {
		if at+c.length <= o.at {
			break
		}
		at = max(at, o.at+o.length)
	}
	return at
}

// matrices finds the factors in a stretch that are the same in all iterations and worth a copy.
func (f *finder) matrices(s stretch) {
	for op := s.from; op < s.to; op++ {
		for arg := left; arg <= right; arg++ {
			m, blocks, ok := s.matrixOf(op, arg)
			if !ok || f.plan.Program.Descs[op].Arg[LeftCopy+arg] != 0 || m.from >= kernels.LocalBase || m.iteration != 0 || m.segment != 0 {
				continue
			}
			if first, ok := s.unwritten(op, m); ok && blocks*s.iterations() >= fewest {
				cast := f.cast(op, m, first, s.before(op))
				f.set(op, LeftCopy+arg, f.plan.Casts[cast].To, 0)
				f.uses = append(f.uses, use{reader{op, arg}, cast, 2 * blocks * s.iterations() * m.lines * m.width})
			}
		}
	}
}

// cast returns the number of a cast before one of the ops [first, last], for a product: of one that is there already, or else of a new
// one, together with the last one before if possible.
func (f *finder) cast(reader int, m matrix, first, last int) int {
	p := f.plan
	c := Cast{Before: int64(last), Reader: int64(reader), From: m.from, Lines: m.lines, Width: m.width, Pitch: m.pitch, To: p.Floats}
	for i, o := range p.Casts {
		if o.Before >= int64(first) && o.From == c.From && o.Lines == c.Lines && o.Width == c.Width && o.Pitch == c.Pitch {
			return i
		}
	}
	if n := len(p.Casts); n > 0 && p.Casts[n-1].Before >= int64(first) {
		c.Before = p.Casts[n-1].Before
	}
	p.Floats += m.copied()
	p.Casts = append(p.Casts, c)
	return len(p.Casts) - 1
}

// leaveOut removes the casts before each op that together save fewer bytes than least.
func (f *finder) leaveOut(least int64) {
	saved, casts := map[int64]int64{}, f.plan.Casts
	for _, c := range casts {
		saved[c.Before] -= 6 * c.Lines * c.Width
	}
	for _, u := range f.uses {
		saved[casts[u.cast].Before] += u.saves
	}
	for _, u := range f.uses {
		if saved[casts[u.cast].Before] < least {
			f.set(u.op, LeftCopy+u.arg, 0, 0)
		}
	}
	f.plan.Casts = slices.DeleteFunc(casts, func(c Cast) bool { return saved[c.Before] < least })
}
