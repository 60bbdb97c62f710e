package marl

import (
	"math"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/share"
	"github.com/gmel-go/gmel/nn/train"
)

// Memory is the plan of the trainer's arena and, on a device, of its launches and worlds.
func (t *Trainer) Memory() train.Memory {
	lay, ring := t.shop.Layout, t.shop.memory
	transitions, scratch := ring.floats(), ring.options.Scratch
	parts := []train.MemoryPart{
		{What: "transitions", Bytes: 4 * transitions, Setting: ring.options.Setting},
		{What: "networks, optimisers and the slot at hand", Bytes: 4 * (lay.Size() - transitions), Setting: t.cfg.Algo + ".hidden or train.worlds"},
		{What: "scratch", Bytes: 4 * (t.floats() - lay.Size()), Setting: scratch},
	}
	if t.scratch > 0 {
		parts = append(parts, train.MemoryPart{What: "launches", Bytes: t.scratch, Setting: scratch})
	}
	if t.residency.Device {
		parts = append(parts, train.MemoryPart{What: "worlds", Bytes: t.residency.Bytes, Setting: "train.worlds"})
	}
	return train.Memory{Parts: parts}
}

// floats is the size of the arena: persistent tensors, and the scratch of the largest Program.
func (t *Trainer) floats() int64 {
	size := t.shop.Layout.Size()
	for _, p := range t.Programs() {
		size = max(size, p.Arena)
	}
	if t.group == nil {
		return size
	}
	part, err := t.share()
	if err != nil { // Open reports it
		return size
	}
	return max(size, part.Arena())
}

// share is what the trainer runs of an update.
func (t *Trainer) share() (*share.Share, error) {
	return share.Of(t.programs.update, t.shop.Layout.Size(), t.group.Rank(), t.group.Size())
}

// ExchangeMemory is what this rank takes on the host to exchange numbers with others: a copy of the rollout and its message, and
// the largest exchange of an update.
func (t *Trainer) ExchangeMemory() []train.MemoryPart {
	if t.group == nil {
		return nil
	}
	o := t.shop.memory.options
	rollout := train.MemoryPart{What: "the rollout on its way between ranks", Bytes: 2 * 4 * t.GatheredFloats(), Setting: o.Setting}
	update := train.MemoryPart{What: "an update on its way between ranks", Setting: o.Scratch}
	if part, err := t.share(); err == nil { // Open reports it
		update.Bytes = 4 * part.HostFloats()
	}
	return []train.MemoryPart{rollout, update}
}

// Divided reports whether the ranks of the joined group divide an update. They do not divide a small one.
func (t *Trainer) Divided() (bool, error) {
	part, err := t.share()
	return err == nil && part.Divided(), err
}

// measureScratch asks a backend with its own memory how much the launches of all Programs allocate.
func (t *Trainer) measureScratch() error {
	for _, p := range t.Programs() {
		bytes, err := scratchOf(t.backend, p)
		if err != nil {
			return err
		}
		t.scratch += bytes
	}
	return nil
}

// scratchOf is 0 on a backend without its own memory.
func scratchOf(backend kernels.Backend, p *kernels.Program) (int64, error) {
	if limited, ok := backend.(kernels.Limited); ok {
		return limited.ScratchOf(p)
	}
	return 0, nil
}

// EvaluationMemory is the memory that one policy takes on the backend while it plays `rows` IEDs at a time.
func (t *Trainer) EvaluationMemory(backend kernels.Backend, rows int) (train.MemoryPart, error) {
	part := train.MemoryPart{What: "evaluation", Setting: "train.eval_episodes and table_episodes below 64"}
	p := t.newPolicy(Execution{Backend: backend, Sampled: true})
	err := p.plan(rows, &part)
	if a := t.attention(); a != nil && err == nil {
		p = t.newPolicy(Execution{Backend: backend})
		p.watched = &watched{AttentionNet: a}
		err = p.plan(attentionWorlds*t.shop.Sizes.Agents, &part)
	}
	return part, err
}

// plan raises a part to the memory of the policy's Program for a number of rows.
func (p *Policy) plan(rows int, part *train.MemoryPart) error {
	x, err := p.newBatch(rows)
	if err != nil {
		return err
	}
	bytes, err := x.memory(p.how.Backend)
	part.Bytes = max(part.Bytes, bytes)
	return err
}

// CheckpointMemory is what a checkpoint takes on the host while it is written: a copy of all that it holds.
func (t *Trainer) CheckpointMemory() train.MemoryPart {
	part := train.MemoryPart{What: "copies for a checkpoint", Setting: t.Memory().Largest().Setting}
	for _, x := range t.persistent() {
		part.Bytes += 4 * x.Len()
	}
	return part
}

// CheckpointSize is what the largest checkpoint of the run takes on the disk, without the worlds. A memory of which the
// run fills a part is written in part.
func (t *Trainer) CheckpointSize() train.MemoryPart {
	part, ring := t.CheckpointMemory(), t.shop.memory
	iterations := math.Ceil(float64(t.cfg.Updates) / float64(t.cfg.UpdatesAtOnce()))
	played := float64(t.cfg.Worlds) * (float64(t.cfg.WarmupSlots) + iterations*float64(t.cfg.SlotsPerIteration))
	empty := int64(math.Max(0, float64(ring.Capacity())-played)) // rows
	for _, x := range t.persistent() {
		if ring.holds(x) {
			part.Bytes -= 4 * x.Len() / int64(ring.Capacity()) * empty
		}
	}
	return part
}

// Worlds says where the backend plays the worlds.
func (t *Trainer) Worlds() kernels.Residency { return t.residency }
