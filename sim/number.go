package sim

import (
	"cmp"
	"slices"
)

// NumberByNearest says whether IEDs are numbered by where they are, and starts the worlds anew (Reset) if
// that changes. Off, as new worlds have it, IED i is the i-th that a topology draws, so that numbers mean
// nothing. On, the drawn IEDs are numbered by their nearest ES, candidate 1, when an episode begins: ES by ES along a
// curve through the hall, those of one ES in the order in which they were drawn. So IEDs whose numbers are
// close have candidates in common. The topology is the same, only its numbers are others; what follows in the
// episode (tasks, fading, waypoints, rows of an arrival trace) belongs to the numbers, which IEDs that
// move keep.
func (w *Worlds) NumberByNearest(on bool) {
	if on == w.numbered {
		return
	}
	w.numbered = on
	if w.native != nil {
		w.native.setNumbered(on)
	}
	w.Reset()
}

// numbering returns keys [A] whose lower halves are the drawn IEDs of a topology in the order of their
// numbers.
func (w *Worlds) numbering(t *moment, keys []uint64, links []link) []uint64 {
	for i := range keys {
		keys[i] = uint64(i)
		if w.numbered {
			keys[i] |= uint64(w.p.rank[w.p.nearestServer(t, i, links)]) << 32
		}
	}
	slices.Sort(keys)
	return keys
}

// nearestServer is candidate 1 of the i-th drawn IED at the beginning of an episode.
func (p *params) nearestServer(t *moment, i int, links []link) int32 {
	x, y, _ := p.place(t, i)
	near, best := p.near.at(x, y), 0
	p.drawLinks(t, i, x, y, links)
	for j := range near {
		if links[j].gain > links[best].gain {
			best = j
		}
	}
	return near[best]
}

// ranks returns the place [M] of each ES on a way through the hall: Hilbert's curve ("Ueber die stetige Abbildung einer
// Linie auf ein Flaechenstueck", Mathematische Annalen 38, 1891), on which those that follow each other are
// near, in groups of any size. Rows would not do: a group of many ESs would be a long line.
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

// hilbert is how far along the curve the point (x, y) of the unit square is. The first half of the
// curve fills x < 1/2, so a hall that is half as wide as long is filled without a jump.
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
