package marl

import (
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/train"
)

// Memory is the plan of the trainer's arena and, on a device, of its launches and worlds.
func (t *Trainer) Memory() train.Memory { return t.learner.plan() }

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
func (t *Trainer) EvaluationMemory(backend kernels.Backend, rows int) (train.MemoryPart, error) {
	l := t.learner
	p := newPolicy(t.cfg.Algo, l.size.obs, l.size.actions, t.cfg.ActorHidden, true, 0)
	x, err := p.newBatch(rows)
	if err != nil {
		return train.MemoryPart{}, err
	}
	bytes, err := x.memory(backend)
	return train.MemoryPart{What: "evaluation", Bytes: bytes, Setting: "train.eval_episodes and table_episodes below 64"}, err
}

func (l *learner) plan() train.Memory {
	memory, setting, scratch := l.memory.floats(), "train.replay", "train.batch"
	if l.cfg.Algo == AlgoPPO {
		memory, setting, scratch = memory+2*l.memory.tables[2].Len(), "train.worlds or train.slots_per_iteration", "train.worlds, or raise train.minibatches"
	}
	rest := l.layout.Size() - memory
	parts := []train.MemoryPart{
		{What: "transitions", Bytes: 4 * memory, Setting: setting},
		{What: "networks, optimisers and the slot at hand", Bytes: 4 * rest, Setting: "train.hidden or train.worlds"},
		{What: "scratch", Bytes: 4 * (l.floats() - l.layout.Size()), Setting: scratch},
	}
	if l.scratch > 0 {
		parts = append(parts, train.MemoryPart{What: "launches", Bytes: l.scratch, Setting: scratch})
	}
	if l.stay.Device {
		parts = append(parts, train.MemoryPart{What: "worlds", Bytes: l.stay.Bytes, Setting: "train.worlds"})
	}
	return train.Memory{Parts: parts}
}

// Worlds tells where the backend plays the worlds.
func (t *Trainer) Worlds() kernels.Stay { return t.learner.stay }
