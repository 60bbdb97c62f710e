package marl

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/kernels"
)

// Memory is what a run needs on its device, planned before anything is allocated.
type Memory struct {
	Parts []MemoryPart
}

// MemoryPart is one use of memory and the setting that decides on its size.
type MemoryPart struct {
	What    string
	Bytes   int64
	Setting string
}

// Memory is the plan of the trainer's arena and, on a device, of its launches and worlds.
func (t *Trainer) Memory() Memory { return t.learner.plan() }

// floats is the size of the arena: what outlives Programs, and the largest Program's scratch.
func (l *learner) floats() int64 {
	size := l.layout.Size()
	for _, p := range l.programs() {
		size = max(size, p.Arena)
	}
	return size
}

// measureScratch asks a backend with memory of its own for what the launches of all Programs take of it.
func (l *learner) measureScratch() error {
	for _, p := range l.programs() {
		bytes, err := scratchOf(l.backend, p)
		if err != nil {
			return err
		}
		l.scratch += bytes
	}
	return nil
}

// scratchOf is 0 on a backend without memory of its own.
func scratchOf(backend kernels.Backend, p *kernels.Program) (int64, error) {
	if limited, ok := backend.(kernels.Limited); ok {
		return limited.ScratchOf(p)
	}
	return 0, nil
}

// EvaluationMemory is what one policy takes on the backend while it plays `rows` IEDs at a time.
func (t *Trainer) EvaluationMemory(backend kernels.Backend, rows int) (MemoryPart, error) {
	l := t.learner
	p := newPolicy(t.cfg.Algo, l.size.obs, l.size.actions, t.cfg.ActorHidden, true, 0)
	x, err := p.newBatch(rows)
	if err != nil {
		return MemoryPart{}, err
	}
	bytes, err := x.memory(backend)
	return MemoryPart{"evaluation", bytes, "train.eval_episodes and table_episodes below 64"}, err
}

func (l *learner) plan() Memory {
	memory, setting, scratch := l.memory.floats(), "train.replay", "train.batch"
	if l.cfg.Algo == AlgoPPO {
		memory, setting, scratch = memory+2*l.memory.tables[2].Len(), "train.worlds or train.slots_per_iteration", "train.worlds, or raise train.minibatches"
	}
	rest := l.layout.Size() - memory
	parts := []MemoryPart{
		{"transitions", 4 * memory, setting},
		{"networks, optimisers and the slot at hand", 4 * rest, "train.hidden or train.worlds"},
		{"scratch", 4 * (l.floats() - l.layout.Size()), scratch},
	}
	if l.scratch > 0 {
		parts = append(parts, MemoryPart{"launches", l.scratch, scratch})
	}
	if l.stay.Device {
		parts = append(parts, MemoryPart{"worlds", l.stay.Bytes, "train.worlds"})
	}
	return Memory{parts}
}

// Worlds tells where the backend plays the worlds.
func (t *Trainer) Worlds() kernels.Stay { return t.learner.stay }

// Bytes is all of it.
func (m Memory) Bytes() (n int64) {
	for _, p := range m.Parts {
		n += p.Bytes
	}
	return n
}

func (m Memory) largest() MemoryPart {
	return slices.MaxFunc(m.Parts, func(a, b MemoryPart) int { return cmp.Compare(a.Bytes, b.Bytes) })
}

// String lists the parts in MB.
func (m Memory) String() string {
	var parts []string
	for _, p := range m.Parts {
		parts = append(parts, fmt.Sprintf("%s %.3g MB", p.What, float64(p.Bytes)/1e6))
	}
	return fmt.Sprintf("%.3g MB: %s", float64(m.Bytes())/1e6, strings.Join(parts, ", "))
}

// Fit is an error that names what to lower where a device has less than the plan needs; available 0
// means that nobody knows.
func (m Memory) Fit(available int64) error {
	if available == 0 || m.Bytes() <= available {
		return nil
	}
	p := m.largest()
	return fmt.Errorf("marl: the run needs %.3g MB of memory and %.3g MB are free; %s take %.3g MB of it: lower %s",
		float64(m.Bytes())/1e6, float64(available)/1e6, p.What, float64(p.Bytes)/1e6, p.Setting)
}
