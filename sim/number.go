package sim

import (
	"cmp"
	"slices"

	"github.com/gmel-go/gmel/sim/engine"
)

// NumberByNearest turns the numbering of IEDs by position on or off. A change resets the worlds
// (Reset). When it is off, as in new worlds, IED i is the i-th that a topology draws, so numbers have
// no meaning. When it is on, IEDs are numbered by their nearest ES, candidate 1, at the beginning of an
// episode: ES by ES along a curve through the hall, and within an ES in the order of drawing. So IEDs
// with close numbers have candidates in common. IEDs that no ES covers come last. Only the numbers of a
// topology change. The rest of the episode (tasks, fading, waypoints, rows of an arrival trace) depends
// on the numbers. IEDs keep their numbers when they move.
func (w *Worlds) NumberByNearest(on bool) {
	if on == w.numbered {
		return
	}
	w.numbered = on
	if w.native != nil {
		w.native.Set(engine.Scalar{Name: "numbered", Value: on})
	}
	w.Reset()
}

// numbering returns keys [A]. The lower half of key i is the index, in the order of drawing, of the IED
// that gets number i.
func (w *Worlds) numbering(t *moment, keys []uint64, links []link) []uint64 {
	for i := range keys {
		keys[i] = uint64(i)
		if w.numbered {
			keys[i] |= uint64(w.p.nearestRank(t, i, links)) << 32
		}
	}
	slices.Sort(keys)
	return keys
}

// nearestRank is the rank of candidate 1 of the i-th drawn IED at the beginning of an episode, M if no
// ES covers it.
func (p *params) nearestRank(t *moment, i int, links []link) int32 {
	x, y, _ := p.place(t, i)
	rank, best := int32(p.M), float32(-1)
	p.drawLinks(t, i, x, y, links)
	for j, m := range p.near.at(x, y) {
		if !links[j].outside && links[j].gain > best {
			rank, best = p.rank[m], links[j].gain
		}
	}
	return rank
}

// ranks returns the position [M] of each ES along a path through the hall. The path is Hilbert's curve
// ("Ueber die stetige Abbildung einer Linie auf ein Flaechenstueck", Mathematische Annalen 38, 1891),
// on which a group of consecutive ESs, of any size, is close together. A path row by row would be
// worse: a group of many ESs would be a long line.
func ranks(p *params) []int32 {
	along, across, side := 0, 1, p.width
	if p.depth > p.width {
		along, across, side = 1, 0, p.depth
	}
	order, key := make([]int32, p.M), make([]uint32, p.M)
	for m, at := range p.servers {
		order[m], key[m] = int32(m), hilbert(at[across]/side, at[along]/side)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(key[a], key[b]) })
	rank := make([]int32, p.M)
	for place, m := range order {
		rank[m] = int32(place)
	}
	return rank
}

// hilbert is the distance along the curve to the point (x, y) of the unit square. The first half of the
// curve fills x < 1/2, so it also fills a hall half as wide as long without a jump.
func hilbert(x, y float32) (d uint32) {
	const bits = 15
	i, j := uint32(float32(x*(1<<bits-1))), uint32(float32(y*(1<<bits-1)))
	for bit := uint32(1) << (bits - 1); bit > 0; bit >>= 1 {
		d <<= 2
		switch right, up := i&bit != 0, j&bit != 0; {
		case !right && !up:
			i, j = j, i
		case !right:
			d += 1
		case up:
			d += 2
		default:
			d += 3
			i, j = ^j, ^i
		}
	}
	return d
}
