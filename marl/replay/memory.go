package replay

import (
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// Memory holds joint transitions: observations, actions and rewards of all agents of one world in one slot.
// Storing observations twice (o and o') costs memory, but avoids special cases at the end of an episode and
// of the ring.
type Memory struct {
	*marl.Ring
	Mask              machine.Tensor // [R, A*U]; the observations o are Ring.Observed, [R, A*O]
	Act, Reward       machine.Tensor // [R, A]; the reward is mixed, not standardised
	NextObs, NextMask machine.Tensor // [R, A*O], [R, A*U]; of the final state if the episode ended
	Terminated        machine.Tensor // [R, A] 1 = no successor state; 0 at a time limit

	Servers, NextServers machine.Tensor // [R, A*C] of the candidates; None without KeepServers

	w     *marl.Workshop
	batch int
}

// New places the memory of a learner in its workshop.
func New(w *marl.Workshop, c *Settings) *Memory {
	agents, obs, actions := w.Sizes.Agents, w.Sizes.Obs, w.Sizes.Actions
	r := w.NewRing(marl.RingOptions{
		Prefix: marl.ReplayPrefix, Observed: "obs", Capacity: c.Replay, Setting: w.Config.Algo + ".replay", Scratch: w.Config.Algo + ".batch",
	})
	return &Memory{
		Ring: r, Mask: r.Table("mask", agents*actions), Act: r.Table("act", agents), Reward: r.Table("reward", agents),
		NextObs: r.Table("next_obs", agents*obs), NextMask: r.Table("next_mask", agents*actions), Terminated: r.Table("terminated", agents),
		w: w, batch: c.Batch,
	}
}

// KeepServers adds what the environment tells about servers (marl.Serving) to every transition.
func (m *Memory) KeepServers() {
	width := m.w.Sizes.Agents * m.w.Sizes.Candidates
	m.Servers, m.NextServers = m.Table("servers", width), m.Table("next_servers", width)
}

// Base has the methods of marl.Learner that all learners with a replay share. They embed it.
type Base struct {
	*marl.Workshop
	Replay *Memory
}

// Remember implements marl.Learner: the transitions of a slot go into the replay.
func (l Base) Remember(b *machine.Builder, x marl.Played) { l.Replay.Remember(b, x) }

// Prepare implements marl.Learner.
func (l Base) Prepare(b *machine.Builder) { l.Replay.MeasureRewards(b) }

// WarmedUp implements marl.Learner: the warm-up stays in the replay.
func (l Base) WarmedUp(*machine.Session) error { return nil }

// Inspect implements marl.Learner: there is nothing to measure besides the updates.
func (l Base) Inspect(*machine.Builder) {}

// Remember stores a slot of all worlds. More are rows of tables that the algorithm has added.
func (m *Memory) Remember(b *machine.Builder, x marl.Played, more ...marl.Entry) {
	terminated := b.Temp("terminated", m.w.Sizes.Rows())
	f := nn.NewFragment()
	f.Output(marl.Terminated(f.Input(x.Ended)), terminated)
	f.Lower(b)
	if m.Servers != machine.None {
		more = append(more, marl.Entry{Table: m.Servers, Row: x.Servers}, marl.Entry{Table: m.NextServers, Row: x.NextServers})
	}
	m.w.Keep(b, append([]marl.Entry{
		{Table: m.Observed, Row: x.Obs}, {Table: m.Mask, Row: x.Mask}, {Table: m.Act, Row: x.Act}, {Table: m.Reward, Row: x.Reward},
		{Table: m.NextObs, Row: x.NextObs}, {Table: m.NextMask, Row: x.NextMask}, {Table: m.Terminated, Row: terminated},
	}, more...)...)
}

// MeasureRewards measures the moments of the rewards in the whole memory, which standardise rewards. They change
// only with a rollout, so this belongs to marl.Learner.Prepare.
func (m *Memory) MeasureRewards(b *machine.Builder) {
	b.Moments(m.Reward, machine.None, m.Size, m.w.RewardMoments)
}
