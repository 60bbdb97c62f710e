package sim

import "fmt"

// Which actions are legal: 0 always; with a task also the candidates and, if there is one, the cloud.

// allow writes Mask of one agent.
func (w *Worlds) allow(agent int) {
	mask := w.Mask[agent*w.p.U:][:w.p.U]
	clear(mask)
	mask[0] = 1
	if w.model[agent] < 0 {
		return
	}
	for k := range w.choices(agent) {
		mask[w.choice(agent, k)] = 1
	}
}

// choices returns the number of legal actions of an agent with a task.
func (w *Worlds) choices(agent int) int {
	n := 1 + w.reachOf(agent)
	if w.p.cloud {
		n++
	}
	return n
}

// choice returns the k-th legal action of an agent with a task.
func (w *Worlds) choice(agent, k int) int32 {
	if k > w.reachOf(agent) {
		return int32(w.p.C + 1) // the cloud
	}
	return int32(k)
}

// checkActions explains the first action that is not allowed.
func (w *Worlds) checkActions(actions []int32) error {
	if len(actions) != w.W*w.A {
		return fmt.Errorf("sim: %d actions for %d worlds of %d IEDs; allowed: %d", len(actions), w.W, w.A, w.W*w.A)
	}
	n := w.illegal(actions)
	if n < 0 {
		return nil
	}
	return fmt.Errorf("sim: world %d, IED %d: action %d is illegal; allowed: %s", n/w.A, n%w.A, actions[n], w.allowed(n))
}

// allowed names the legal actions of an agent.
func (w *Worlds) allowed(agent int) string {
	reach := w.reachOf(agent)
	switch {
	case w.model[agent] < 0:
		return "0 (no task)"
	case reach == w.p.C:
		return fmt.Sprintf("0 (local) to %d (candidates)", w.U-1)
	}
	text := "0 (local)"
	if reach > 0 {
		text += fmt.Sprintf(" to %d (candidates that cover it)", reach)
	}
	if w.p.cloud {
		text += fmt.Sprintf(", %d (cloud)", w.p.C+1)
	}
	return text
}

// illegal returns the first agent whose action is not allowed, -1 if all are.
func (w *Worlds) illegal(actions []int32) int {
	if w.native != nil {
		return w.native.Illegal(actions)
	}
	for n, a := range actions {
		missing := int(a) > w.reachOf(n) && int(a) <= w.p.C
		if a != 0 && (a < 0 || int(a) >= w.U || w.model[n] < 0 || missing) {
			return n
		}
	}
	return -1
}
