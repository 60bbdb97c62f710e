package sim

import "fmt"

// Which actions are legal: without a task only 0; with one the own processor, the candidates and, if there is one, the cloud, each at
// every level that has the quality that the task asks for (level.go).

// allow writes Mask of one agent.
func (w *Worlds) allow(agent int) {
	mask := w.Mask[agent*w.p.U:][:w.p.U]
	clear(mask)
	if w.model[agent] < 0 {
		mask[0] = 1
		return
	}
	for k := range w.choices(agent) {
		mask[w.choice(agent, k)] = 1
	}
}

// choices returns the number of legal actions of an agent with a task.
func (w *Worlds) choices(agent int) int { return w.ways(agent) * w.legalLevels(agent) }

// choice returns the k-th legal action of an agent with a task.
func (w *Worlds) choice(agent, k int) int32 {
	if w.p.levels == 0 {
		return w.way(agent, k)
	}
	n := w.ways(agent)
	return w.p.join(w.way(agent, k%n), w.legalLevel(agent, k/n))
}

// ways returns the number of legal destinations of an agent with a task.
func (w *Worlds) ways(agent int) int {
	n := 1 + w.reachOf(agent)
	if w.p.cloud {
		n++
	}
	return n
}

// way returns the k-th legal destination of an agent with a task.
func (w *Worlds) way(agent, k int) int32 {
	if k > w.reachOf(agent) {
		return int32(w.p.C + 1) // the cloud
	}
	return int32(k)
}

// firstLegal sets the actions of a world to the first legal ones.
func (w *Worlds) firstLegal(actions []int32, world int) {
	for n := world * w.A; n < (world+1)*w.A; n++ {
		actions[n] = 0
		if w.model[n] >= 0 {
			actions[n] = w.choice(n, 0)
		}
	}
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
		return w.atLevels(agent, fmt.Sprintf("0 (local) to %d (candidates)", w.p.destinations()-1))
	}
	text := "0 (local)"
	if reach > 0 {
		text += fmt.Sprintf(" to %d (candidates that cover it)", reach)
	}
	if w.p.cloud {
		text += fmt.Sprintf(", %d (cloud)", w.p.C+1)
	}
	return w.atLevels(agent, text)
}

// illegal returns the first agent whose action is not allowed, -1 if all are.
func (w *Worlds) illegal(actions []int32) int {
	if w.native != nil {
		return w.native.Illegal(actions)
	}
	for n, a := range actions {
		if !w.isLegal(n, a) {
			return n
		}
	}
	return -1
}

func (w *Worlds) isLegal(agent int, action int32) bool {
	if action < 0 || int(action) >= w.U || w.model[agent] < 0 {
		return action == 0 && w.model[agent] < 0
	}
	to, level := w.p.split(action)
	missing := int(to) > w.reachOf(agent) && int(to) <= w.p.C
	return !missing && w.enough(agent, int(level))
}
