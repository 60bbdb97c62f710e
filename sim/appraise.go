package sim

import ()

// Appraiser predicts what actions are worth to IEDs that decide one after another, as the rule InTurn does: a trial plays the
// slot with what others have decided and with each action of an IED that asks, by the rules of the step and with every option of
// the scenario. An edge controller that grants requests in turn can do this. What IEDs wait for grants is in the predictions.
type Appraiser struct {
	Prices Prices
	// Later: the controller has the requests of the whole slot before the first IED decides. Then IEDs that have not decided are
	// taken to follow InTurn in its order. Otherwise they are left out.
	Later bool
	crew  crew
}

// NewAppraiser returns an Appraiser with the prices of InTurn.
func NewAppraiser(later bool) *Appraiser {
	return &Appraiser{Prices: defaultPrices, Later: later}
}

// Entries of the decisions that Appraise reads, besides actions.
const (
	Undecided = -1 // decides later
	Asking    = -2 // decides next
)

// Appraisals is the number of values about an IED with U actions: two for each action.
func Appraisals(actions int) int { return 2 * actions }

// Order writes to rows [W, A] the order in which the IEDs of each world decide: that of InTurn, the most data first, then those without a
// task. IED i of world w has the number w A + i.
func (q *Appraiser) Order(w *Worlds, rows []float32) {
	w.Home()
	numbers := make([]int32, w.A)
	for first := 0; first < len(rows); first += w.A {
		for i := range numbers {
			numbers[i] = int32(first + i)
		}
		rank(mostData).sort(w, numbers)
		for place, n := range numbers {
			rows[first+place] = float32(n)
		}
	}
}

// Appraise values the actions of every IED that asks, given the decisions [W, A] of the others. values are [W, A, 2 U]: first the own
// reward r_i of each action, then how much less it adds to the value of the slot than the best one, which is 0 or negative. The
// value is the sum of all r_i minus Prices. Actions that are not legal have the numbers of the worst one. IEDs that do not ask
// or have no task have zeros.
func (q *Appraiser) Appraise(w *Worlds, decisions, values []float32) {
	w.Home()
	size := Appraisals(w.U)
	q.crew.each(w, q.Prices, func(t *trial, world int) {
		first := world * w.A
		decisions, values := decisions[first:][:w.A], values[first*size:][:w.A*size]
		clear(values)
		begun := false
		for i, a := range decisions {
			if a != Asking || w.model[first+i] < 0 {
				continue
			}
			if !begun {
				t.take(w, world)
				t.commit(decisions, q.Later)
				begun = true
			}
			t.appraise(i, values[i*size:][:w.U], values[i*size+w.U:][:w.U])
		}
	})
}

// commit plays the slot with the decisions so far and, if asked to, with what the rule then decides for the others.
func (t *trial) commit(decisions []float32, later bool) {
	var others []int32
	t.forget()
	for i, a := range decisions {
		switch {
		case t.w.model[i] < 0:
		case a >= 0:
			action, _ := t.w.ungrant(int32(a))
			t.set(i, action)
		default:
			others = append(others, int32(i))
		}
	}
	rank(mostData).sort(t.w, others)
	t.grantAsDecided(decisions, others)
	t.playAll()
	if later {
		t.improve(others)
	}
}

// appraise writes the own reward and the relative value of each action of an IED, and leaves its action as it was.
func (t *trial) appraise(i int, own, value []float32) {
	present := []move{{int32(i), undecided}}
	t.change(present, true)
	best, worst := int(t.w.choice(i, 0)), int(t.w.choice(i, 0))
	for k := range t.w.choices(i) {
		a := int(t.w.choice(i, k))
		value[a] = float32(t.change([]move{{int32(i), int32(a)}}, false))
		own[a] = t.w.Reward[i]
		if value[a] > value[best] {
			best = a
		}
		if value[a] < value[worst] {
			worst = a
		}
	}
	t.change(present, true)
	legal, most := t.w.Mask[i*t.w.U:][:t.w.U], value[best]
	for a := range value {
		if legal[a] == 0 {
			own[a], value[a] = own[worst], value[worst]
		}
	}
	for a := range value {
		value[a] -= most
	}
}
