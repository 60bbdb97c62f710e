package sim

import (
	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/sim/engine"
)

// Control messages are an option, time.message_s. IEDs that decide in turn wait for grants: the ES of an IED's candidate 1 sends
// one message to each of its IEDs with a task, one after the other, and the ESs do so side by side. With k messages of mu seconds
// from the start of the slot up to its own, an IED begins to send, or to compute itself, no earlier than k mu:
//
//	A = max(radio backlog, k mu) + D / r_up     own start s = max(own backlog, k mu)
//
// The wait counts in the latency, as part of RadioWait or QueueWait. The caller sets the order: an action a that has waited
// for k messages is handed over as a + U k (Grant). An action below U waits for none, so decisions at once cost nothing. What ESs tell
// each other goes over wires and costs nothing, nor do the requests, which are a few bits (buffer status reports, 3GPP TS 38.321).

// messageState is the state of the option.
type messageState struct {
	grants []int32 // [W, A] k of the slot that is played
	plain  []int32 // [W, A] actions without k, of the running Step
}

// messageFields lists the state of the option.
func (w *Worlds) messageFields() []engine.Array {
	if w.p.message == 0 {
		return nil
	}
	return []engine.Array{{Name: "grants", Ints: &w.grants, N: w.W * w.p.A}}
}

func (s *Scenario) validateMessages(c *setting.Checker) {
	c.Between("time.message_s", s.Time.MessageS, 0, 10)
}

// MessagesTakeTime reports whether time.message_s is above 0.
func (w *Worlds) MessagesTakeTime() bool { return w.p.message > 0 }

// Grant is an action of an IED that waits for a number of messages; without time.message_s, which would count them, the action.
func (w *Worlds) Grant(action int32, messages int32) int32 {
	if w.p.message == 0 {
		return action
	}
	return action + int32(w.U)*messages
}

// ungrant returns the action and k of what Grant returns.
func (w *Worlds) ungrant(granted int32) (action, messages int32) {
	if w.p.message == 0 || granted < 0 {
		return granted, 0
	}
	return granted % int32(w.U), granted / int32(w.U)
}

// splitActions separates what Step gets. It keeps k only if the actions are legal.
func (w *Worlds) splitActions(granted []int32) (plain []int32, keep func()) {
	if w.p.message == 0 {
		return granted, func() {}
	}
	w.plain = w.plain[:0]
	for _, g := range granted {
		a, _ := w.ungrant(g)
		w.plain = append(w.plain, a)
	}
	return w.plain, func() {
		for n, g := range granted {
			_, w.grants[n] = w.ungrant(g)
		}
	}
}

// granted is the time at which an agent begins whose processor or radio is free at `backlog`.
func (w *Worlds) granted(agent int, backlog float32) float32 {
	if w.p.message == 0 {
		return backlog
	}
	return max(backlog, float32(w.p.message*float32(w.grants[agent])))
}

// messages counts the messages of a slot by ES, beginning with the one that an IED waits for in any case.
type messages []int32

func (w *Worlds) newMessages() messages {
	m := make(messages, w.p.M)
	for i := range m {
		m[i] = 1
	}
	return m
}

// next is k of an IED that is granted next; send counts its message. An IED that sees no ES gets none.
func (m messages) next(w *Worlds, agent int) int32 {
	if w.shown(agent) == 0 {
		return 0
	}
	return m[w.cand[agent*w.p.C]]
}

func (m messages) send(w *Worlds, agent int) {
	if w.shown(agent) > 0 {
		m[w.cand[agent*w.p.C]]++
	}
}

// grant is k of an IED.
func (t *trial) grant(i int) int32 {
	if t.w.p.message == 0 {
		return 0
	}
	return t.w.grants[i]
}

// grantAsDecided takes k of the IEDs that have decided from their decisions. Those that ask are next, and the others
// follow in their order.
func (t *trial) grantAsDecided(decisions []float32, others []int32) {
	if t.w.p.message == 0 {
		return
	}
	m := t.w.newMessages()
	var asking, later []int32
	for i, a := range decisions {
		switch {
		case t.w.model[i] < 0:
		case a == Asking:
			asking = append(asking, int32(i))
		case a == Undecided:
		default:
			_, t.w.grants[i] = t.w.ungrant(int32(a))
			m.send(t.w, i)
		}
	}
	for _, i := range asking {
		t.w.grants[i] = m.next(t.w, int(i))
	}
	for _, i := range asking {
		m.send(t.w, int(i))
	}
	for _, i := range others {
		if decisions[i] == Undecided {
			later = append(later, i)
		}
	}
	t.grantOn(m, later)
}

// grantInOrder lets the ESs grant the requests of IEDs in an order.
func (t *trial) grantInOrder(ieds []int32) {
	if t.w.p.message == 0 {
		return
	}
	t.grantOn(t.w.newMessages(), ieds)
}

// grantOn grants the requests of IEDs one after another.
func (t *trial) grantOn(m messages, ieds []int32) {
	for _, i := range ieds {
		t.w.grants[i] = m.next(t.w, int(i))
		m.send(t.w, int(i))
	}
}
