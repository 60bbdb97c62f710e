package ppo

import (
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/machine"
)

// buffer is the rollout buffer: row t W + w of every table is slot t of world w. It is not needed after the
// iteration, so checkpoints do not contain it.
type buffer struct {
	*marl.Ring
	mask, act, reward  machine.Tensor // [H*W, A*U], [H*W, A] twice; the reward is mixed. Observations are Ring.Observed, [H*W, A*O]
	logp, value, next  machine.Tensor // [H*W, A] of the action; V of the state and of its successor
	ended, decides     machine.Tensor // [H*W, A] see kernels.Slot; 1 = more than one action was legal
	advantage, returns machine.Tensor // [H*W, A] of Prepare; advantages normalised
	servers            machine.Tensor // [H*W, A*C] of the candidates; None if the critic is not told
}

func newBuffer(w *marl.Workshop, m *Method, told bool) *buffer {
	agents, scratch := w.Sizes.Agents, "train.worlds"
	if m.Raise != "" {
		scratch += ", or raise " + w.Config.Algo + "." + m.Raise
	}
	r := w.NewRing(marl.RingOptions{
		Prefix: marl.RolloutPrefix, Observed: "observed", Capacity: w.Config.Worlds * w.Config.SlotsPerIteration,
		Setting: "train.worlds or train.slots_per_iteration", Scratch: scratch,
	})
	t := &buffer{
		Ring: r, mask: r.Table("legal", agents*w.Sizes.Actions), act: r.Table("act", agents), reward: r.Table("reward", agents),
		logp: r.Table("logp", agents), value: r.Table("value", agents), next: r.Table("next", agents),
		ended: r.Table("ended", agents), decides: r.Table("decides", agents),
		advantage: r.Table("advantage", agents), returns: r.Table("returns", agents),
	}
	if told {
		t.servers = r.Table("served", agents*w.Sizes.Candidates)
	}
	return t
}

// slot has the results of a slot of all worlds in a Program.
type slot struct {
	played                     marl.Played
	logp, value, next, decides machine.Tensor // [W*A]
}

// entries pairs each part of a slot with its table. Prepare adds advantages and returns.
func (r *buffer) entries(s slot) []marl.Entry {
	x := s.played
	list := []marl.Entry{
		{Table: r.Observed, Row: x.Obs}, {Table: r.mask, Row: x.Mask}, {Table: r.act, Row: x.Act}, {Table: r.reward, Row: x.Reward},
		{Table: r.logp, Row: s.logp}, {Table: r.value, Row: s.value}, {Table: r.next, Row: s.next}, {Table: r.ended, Row: x.Ended},
		{Table: r.decides, Row: s.decides},
	}
	if r.servers != machine.None {
		list = append(list, marl.Entry{Table: r.servers, Row: x.Servers})
	}
	return list
}

// minibatch is B joint transitions of a rollout as rows of agents.
type minibatch struct {
	rows               machine.Tensor // [B] of the buffer
	obs, mask          machine.Tensor // [B*A, O] normalised, [B*A, U]
	act, logp          machine.Tensor // [B*A] the actions played, and their log-probabilities at that time
	advantage, returns machine.Tensor // [B*A]
	decides            machine.Tensor // [B*A] 1 for agents that decided
	servers            machine.Tensor // [B*A, C] of the candidates; None if the critic is not told
}

// batch is B, the number of joint transitions of a minibatch.
func (l *Learner) batch() int {
	c := l.Config
	return c.Worlds * c.SlotsPerIteration / l.method.Minibatches
}

// drawMinibatch takes the next rows of the epoch's random order.
func (l *Learner) drawMinibatch(b *machine.Builder) minibatch {
	r, n := l.buffer, l.Sizes
	idx := b.Temp("rows", l.batch())
	b.Shuffle(l.drawn, idx, r.Capacity(), marl.Split(l.Seed, marl.StreamReplay), uint32(marl.StreamReplay))
	rows := l.batch() * n.Agents
	gather := func(table machine.Tensor, shape ...int) machine.Tensor {
		t := b.Temp("minibatch/"+table.Name(), shape...)
		b.GatherRows(table, idx, t)
		return t
	}
	mb := minibatch{
		rows: idx, obs: l.Normaliser.Apply(b, gather(r.Observed, rows, n.Obs)), mask: gather(r.mask, rows, n.Actions),
		act: gather(r.act, rows), logp: gather(r.logp, rows),
		advantage: gather(r.advantage, rows), returns: gather(r.returns, rows), decides: gather(r.decides, rows),
	}
	if r.servers != machine.None {
		mb.servers = gather(r.servers, rows, n.Candidates)
	}
	return mb
}

// Draws appends the rows of the buffer [B] for the next update, so that another implementation can use the
// same rows.
func (l *Learner) Draws(b *machine.Builder) (rows machine.Tensor) { return l.drawMinibatch(b).rows }
