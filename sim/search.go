package sim

import (
	"cmp"
	"math"
	"slices"
)

// The search of a joint action. In a first pass the IEDs decide in turn. Then single IEDs change their actions, and pairs of IEDs
// exchange their ESs, until no such change is better. Every change that is made raises the value, so the search ends. Where it
// ends depends on the order of the IEDs, so Planner starts once from each of several orders and keeps the best end.

// rank is the place of IED i in an order of decisions: the lowest decides first, of equals the lowest number.
type rank func(w *Worlds, i int32) float32

func mostData(w *Worlds, i int32) float32      { return -w.data[i] }
func mostWork(w *Worlds, i int32) float32      { return -w.cycles[i] }
func firstDeadline(w *Worlds, i int32) float32 { return w.due(int(i)) }
func firstNumber(*Worlds, int32) float32       { return 0 }

// sort puts IEDs in this order; those of equal rank stay as they are.
func (by rank) sort(w *Worlds, ieds []int32) {
	slices.SortStableFunc(ieds, func(i, j int32) int { return cmp.Compare(by(w, i), by(w, j)) })
}

// order lists the IEDs with a task.
func (t *trial) order(by rank) (ieds []int32) {
	w := t.w
	for i := range int32(w.A) {
		if w.model[i] >= 0 {
			ieds = append(ieds, i)
		}
	}
	by.sort(w, ieds)
	return ieds
}

// plan writes the best joint action of a search from each of several orders.
func (t *trial) plan(actions []int32) {
	best := math.Inf(-1)
	for _, by := range []rank{mostData, mostWork, firstDeadline, firstNumber} {
		t.clear()
		t.search(t.order(by))
		if value := t.total(); value > best+least {
			best = value
			for i := range actions {
				actions[i] = t.w.actionOf(i)
			}
		}
	}
}

// total returns the value of the joint action.
func (t *trial) total() (value float64) {
	for _, v := range t.es {
		value += v
	}
	for _, v := range t.own {
		value += v
	}
	return value
}

// search raises the value of the joint action until no change of one or two IEDs does.
func (t *trial) search(ieds []int32) {
	t.settle(ieds)
	for t.exchange(ieds) {
		t.settle(ieds)
	}
}

// least is the smallest gain that counts, far above the rounding of a sum of rewards.
const least = 1e-9

// settle lets single IEDs change their actions until none gains by it.
func (t *trial) settle(ieds []int32) {
	for t.improve(ieds) {
	}
}

// improve lets each IED in the given order take its best action, and reports whether one has changed. Of equal actions it keeps the
// present one, then takes the first.
func (t *trial) improve(ieds []int32) (changed bool) {
	for _, i := range ieds {
		if t.choose(int(i)) {
			changed = true
		}
	}
	return changed
}

// choose lets an IED take its best action, and reports whether that is another one.
func (t *trial) choose(i int) (changed bool) {
	best, gain := int32(undecided), float64(least)
	first := !t.decided[i]
	for k := range t.w.choices(i) {
		a := t.w.choice(i, k)
		if a == t.action(i) {
			continue
		}
		if g := t.change([]move{{int32(i), a}}, false); g > gain || first {
			best, gain, first = a, g, false
		}
	}
	if best == undecided {
		return false
	}
	t.change([]move{{int32(i), best}}, true)
	return true
}

// exchange lets pairs of IEDs exchange their ESs, or an ES for the own processor, and reports whether a pair did.
func (t *trial) exchange(ieds []int32) (changed bool) {
	for x, i := range ieds {
		for _, j := range ieds[x+1:] {
			a, b := t.toward(int(i), t.target(int(j))), t.toward(int(j), t.target(int(i)))
			if a == undecided || b == undecided || t.target(int(i)) == t.target(int(j)) {
				continue
			}
			if t.change([]move{{i, a}, {j, b}}, false) > least {
				t.change([]move{{i, a}, {j, b}}, true)
				changed = true
			}
		}
	}
	return changed
}

// toward returns the action of an IED that leads to an ES, or to its own processor for -1, at its present level; undecided if there
// is none.
func (t *trial) toward(i, m int) int32 {
	_, level := t.w.p.split(t.w.actionOf(i))
	if m < 0 {
		return t.w.p.join(0, level)
	}
	for c, candidate := range t.w.cand[i*t.w.p.C:][:t.w.reachOf(i)] {
		if int(candidate) == m {
			return t.w.p.join(int32(c+1), level)
		}
	}
	return undecided
}
