package marl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
	"github.com/gmel-go/gmel/sim"
)

// Decisions in turn. A slot has R turns. Agent i decides in turn i mod R, so the agents of a turn are spread over the numbering; or
// A / R agents decide in each turn in an order of the environment (Config.TurnOrder). Besides its own observation, an agent sees for each
// of its candidates the sums of the task features of the agents that have chosen that server in earlier turns, and the number of
// its turn:
//
//	o_i = [own_i ; S(m_1) ; .. ; S(m_C) ; r / R ; q_i ; v_i]     S(m) = sum of task_j over all j of earlier turns that chose server m
//
// own [O'], task [T] the first columns of own, S [M, T]; with Config.TurnValues the own reward q [U] and the relative value v [U] of each
// action, else neither. The joint policy is a product of conditional ones, as in the
// Multi-Agent Transformer (Wen et al. 2022, arXiv 2205.14953), with a sum for each server in place of attention over the
// agents before.

// InTurn is an Algorithm whose agents can decide in turn. In a slot, NextObs has zeros after the own observation, because what
// others will have chosen is not known yet. So a critic reads the own observation only (Sizes.OwnColumns), or the learner decides
// for the successor (Workshop.DecideInTurn).
type InTurn interface {
	Algorithm
	InTurn()
}

// turnAlgorithms lists the linked algorithms that can decide in turn.
func turnAlgorithms() (names []string) {
	for _, name := range Algorithms() {
		if _, ok := algorithms[name].(InTurn); ok {
			names = append(names, name)
		}
	}
	return names
}

// allowedTurns reports whether the algorithm allows train.turns, and says what it allows.
func (c *Config) allowedTurns() (ok bool, allowed string) {
	if _, can := algorithms[c.Algo].(InTurn); c.Turns <= 1 || can {
		return c.Turns >= 0, "0 for decisions at once, or the number of turns of a slot"
	}
	return false, fmt.Sprintf("0 with %s; %s decide in turn", c.Algo, strings.Join(turnAlgorithms(), ", "))
}

// inTurns returns the sizes n of an environment with the observation of agents that decide in turn.
func (c *Config) inTurns(n Sizes) (Sizes, error) {
	if c.Turns <= 1 {
		return n, nil
	}
	if n.Candidates == 0 || n.Task == 0 {
		return n, fmt.Errorf("marl: train.turns is %d, but the environment does not tell which servers are chosen; allowed: 0", c.Turns)
	}
	if n.Agents%c.Turns != 0 {
		return n, fmt.Errorf("marl: train.turns is %d, which does not divide the %d agents of a world; allowed: %s", c.Turns, n.Agents, divisors(n.Agents))
	}
	n.Turns, n.Valued = c.Turns, c.valued()
	n.Ordered = n.Valued && c.TurnOrder == TurnOrderData
	n.Obs += n.committed()
	return n, nil
}

// committed is the number of columns of an observation that the agents of earlier turns fill, and the turn.
func (s Sizes) committed() int {
	if s.Turns <= 1 {
		return 0
	}
	n := s.Candidates*s.Task + 1
	if s.Valued {
		n += sim.Appraisals(s.Actions)
	}
	return n
}

// Own is the number of columns of an observation that do not depend on decisions of the same slot.
func (s Sizes) Own() int { return s.Obs - s.committed() }

// Turns says by which network the agents of some worlds decide, and from what.
type Turns struct {
	First, Worlds      int            // the number of the first world, for random numbers
	Own, Mask, Servers machine.Tensor // [W*A, O'] not normalised, [W*A, U], [W*A, C]
	Head               Head
	Net                *Net
	Counter            machine.Tensor // [2] of the draws
	Stream             Stream
}

// Decided are the decisions of all agents in a slot.
type Decided struct {
	Obs           machine.Tensor // [W*A, O] what each agent saw, not normalised
	LogProbs, Act machine.Tensor // [W*A, U], [W*A]
	Granted       machine.Tensor // [W*A] Act with what agents wait for messages, as a Granting Env takes it; None: not asked for
}

// DecideInTurn lowers the turns of a slot.
func (w *Workshop) DecideInTurn(b *machine.Builder, x Turns) Decided {
	rows := x.Worlds * w.Sizes.Agents
	name := fmt.Sprintf("%s in turn ", x.Net.Flat.Name())
	to := Decided{
		Obs: b.Temp(name+"obs", rows, w.Sizes.Obs), LogProbs: b.Temp(name+"logp", rows, w.Sizes.Actions), Act: b.Temp(name+"act", rows),
	}
	w.decideInTurn(b, x, to)
	return to
}

func (w *Workshop) decideInTurn(b *machine.Builder, x Turns, to Decided) {
	n := w.Sizes
	n.Worlds = x.Worlds
	draw := w.Draw(x.Stream, x.Counter)
	draw.First = x.First * n.Agents / n.Turns
	n.inTurn(b, decisions{x.Own, x.Mask, x.Servers, w.controller, to}, func(turn int, obs, mask, logp, act machine.Tensor) {
		x.Net.LogProbs(b, x.Head, w.Normaliser.Apply(b, obs), mask, logp)
		draw.Stream = x.Stream.inTurn(turn)
		b.Sample(logp, act, draw)
	})
}

// decisions are what agents decide from, and what they decide.
type decisions struct {
	own, mask, servers machine.Tensor // see Turns
	controller         *controller    // if agents see what their actions are worth
	Decided
}

// decideTurn lowers the policy for the agents of a turn: log-probabilities [n, U] and actions [n] for observations [n, O].
type decideTurn func(turn int, obs, mask, logp, act machine.Tensor)

// inTurn lowers the turns of a slot.
func (s Sizes) inTurn(b *machine.Builder, x decisions, decide decideTurn) {
	b.Fill(x.Obs, 0)
	sums := b.Temp("committed", s.Worlds, s.Servers, s.Task)
	b.Fill(sums, 0)
	decided, messages := s.undecided(b), s.newMessages(b, x.Granted)
	order := s.order(b, x, decided)
	for turn := range s.Turns {
		t := s.newTurn(b, turn, order)
		t.take(x.own, t.obs, s.Own(), s.Obs)
		t.take(x.mask, t.mask, s.Actions, s.Actions)
		t.take(x.servers, t.servers, s.Candidates, s.Candidates)
		t.see(sums)
		t.value(x.controller, decided)
		decide(turn, t.obs, t.mask, t.logp, t.act)
		t.commit(sums)
		t.give(t.obs, x.Obs, s.Obs)
		t.give(t.logp, x.LogProbs, s.Actions)
		t.give(t.act, x.Act, 1)
		t.settle(messages.grant(t), x.Granted, decided)
	}
}

// extend gives NextObs the width of Obs. What is committed in the next slot is not known, so it is 0.
func (s Sizes) extend(b *machine.Builder, x *Played) {
	if s.Turns <= 1 {
		return
	}
	wide := b.Temp("seen successor", s.Rows(), s.Obs)
	b.Fill(wide, 0)
	b.Op(copyRows(s.Rows(), s.Own(), s.Own(), s.Obs), x.NextObs, wide)
	x.NextObs = wide
}

// OwnColumns returns the first O' columns of obs [rows, O].
func (s Sizes) OwnColumns(b *machine.Builder, obs machine.Tensor) machine.Tensor {
	if s.Turns <= 1 {
		return obs
	}
	rows := obs.Shape()[0]
	own := b.Temp(obs.Name()+"/own", rows, s.Own())
	b.Op(copyRows(rows, s.Own(), s.Obs, s.Own()), obs, own)
	return own
}

func copyRows(rows, width, ldx, ldy int) kernels.Desc {
	return kernels.Desc{Op: kernels.OpCopy, Dim: [kernels.MaxDims]int64{int64(rows), int64(width), int64(ldx), int64(ldy)}}
}

// turn has the tensors of the agents of one turn, n = W A / R rows.
type turn struct {
	Sizes
	b                  *machine.Builder
	number, rows       int
	obs, mask, servers machine.Tensor // [n, O], [n, U], [n, C]
	logp, act          machine.Tensor // [n, U], [n]
	who                machine.Tensor // [n] rows of the agents; None: those of number mod R
}

func (s Sizes) newTurn(b *machine.Builder, number int, order machine.Tensor) *turn {
	n := s.Rows() / s.Turns
	temp := func(name string, shape ...int) machine.Tensor {
		return b.Temp(fmt.Sprintf("turn %d %s", number, name), shape...)
	}
	t := &turn{
		Sizes: s, b: b, number: number, rows: n, obs: temp("obs", n, s.Obs), mask: temp("mask", n, s.Actions),
		servers: temp("servers", n, s.Candidates), logp: temp("logp", n, s.Actions), act: temp("act", n),
	}
	if order != machine.None {
		each := s.Agents / s.Turns
		t.who = temp("who", n)
		b.Op(copyRows(s.Worlds, each, s.Agents, each), t.part(order, number*each), t.who)
	}
	return t
}

// take copies the rows of the turn from x [W*A, width] to y, whose rows are ld floats apart.
func (t *turn) take(x, y machine.Tensor, width, ld int) {
	if t.who == machine.None {
		t.b.Op(copyRows(t.rows, width, t.Turns*width, ld), t.part(x, t.number*width), y)
		return
	}
	rows := t.b.Temp("rows of "+x.Name(), t.rows, width)
	t.b.GatherRows(x, t.who, rows)
	t.b.Op(copyRows(t.rows, width, width, ld), rows, y)
}

// give is the inverse of take, from x [n, width] to y [W*A, width].
func (t *turn) give(x, y machine.Tensor, width int) {
	if t.who == machine.None {
		t.b.Op(copyRows(t.rows, width, width, t.Turns*width), x, t.part(y, t.number*width))
		return
	}
	t.b.ScatterRows(x, t.who, y)
}

func (t *turn) part(x machine.Tensor, offset int) machine.Tensor {
	return t.b.Part(x, offset, int(x.Len())-offset)
}

// see writes the columns of obs after the own observation.
func (t *turn) see(sums machine.Tensor) {
	rows, width := t.rows*t.Candidates, t.Candidates*t.Task
	seen, number := t.b.Temp("seen", t.rows, width), t.b.Temp("turn", t.rows)
	// A candidate that does not exist has number M, so its row without the last column is 0.
	t.product(seen, dims{rows / t.Worlds, t.Task, t.Servers}, factor{x: t.oneHot(t.servers), ld: t.Servers + 1}, factor{x: sums, ld: t.Task})
	t.b.Op(copyRows(t.rows, width, width, t.Obs), seen, t.part(t.obs, t.Own()))
	t.b.Fill(number, float32(t.number)/float32(t.Turns))
	t.b.Op(copyRows(t.rows, 1, 1, t.Obs), number, t.part(t.obs, t.Own()+width))
}

// undecided are the decisions of a slot before the first turn; None if nothing reads them.
func (s Sizes) undecided(b *machine.Builder) machine.Tensor {
	if !s.Valued {
		return machine.None
	}
	decided := b.Temp("decided", s.Rows())
	b.Fill(decided, sim.Undecided)
	return decided
}

// order is in which order agents decide, [W, A] numbers of rows; None for that of their numbers.
func (s Sizes) order(b *machine.Builder, x decisions, decided machine.Tensor) machine.Tensor {
	if !s.Ordered {
		return machine.None
	}
	for _, to := range []machine.Tensor{x.LogProbs, x.Act, x.Granted} {
		if to != machine.None {
			b.Fill(to, 0) // turns write single rows
		}
	}
	return x.controller.order.lower(b, "order", decided)
}

// value writes the columns of obs that say what the actions are worth.
func (t *turn) value(c *controller, decided machine.Tensor) {
	if !t.Valued {
		return
	}
	width, asking := sim.Appraisals(t.Actions), t.b.Temp("asking", t.rows)
	t.b.Fill(asking, sim.Asking)
	t.give(asking, decided, 1)
	t.take(c.values.lower(t.b, "values", decided), t.part(t.obs, t.Obs-width), width, t.Obs)
}

// settle notes what the agents of the turn have decided.
func (t *turn) settle(act, granted, decided machine.Tensor) {
	for _, to := range []machine.Tensor{granted, decided} {
		if to != machine.None {
			t.give(act, to, 1)
		}
	}
}

// commit adds the tasks of the turn to the sums of the servers that were chosen.
func (t *turn) commit(sums machine.Tensor) {
	chosen := t.b.Temp("chosen", t.rows)
	f := nn.NewFragment()
	f.Output(t.chosenServers(f.Input(t.servers), f.Input(t.act)), chosen)
	f.Lower(t.b)
	add := factor{x: t.oneHot(chosen), ld: t.Servers + 1, flags: kernels.FlagTransA | kernels.FlagAccumulate}
	t.product(sums, dims{t.Servers, t.Task, t.rows / t.Worlds}, add, factor{x: t.obs, ld: t.Obs})
}

// chosenServers is the server that the action of each agent uses: none for action 0, that of candidate a for
// action a, and candidate 1 for a later action, which reaches the cloud by that server; at every level the same. servers
// [n, C], act and the result [n].
func (s Sizes) chosenServers(servers, act *nn.Node) *nn.Node {
	first := op.Columns(servers, 0, 1)
	byAction := []*nn.Node{op.Affine(first, 0, float32(s.Servers)), servers}
	levels := max(1, s.Levels)
	for range s.Actions/levels - s.Candidates - 1 {
		byAction = append(byAction, first)
	}
	byAction = slices.Repeat(byAction, levels)
	return op.Pick(op.Concat(byAction...), act)
}

// oneHot is [n, M+1] for numbers of servers x of n elements.
func (t *turn) oneHot(x machine.Tensor) machine.Tensor {
	y := t.b.Temp(x.Name()+" one-hot", int(x.Len()), t.Servers+1)
	t.b.Op(kernels.Desc{Op: kernels.OpOneHot, Dim: [kernels.MaxDims]int64{x.Len(), int64(t.Servers + 1)}}, x, y)
	return y
}

// factor is a matrix of a product in every world, with the distance of its rows; flags are those of the product.
type factor struct {
	x     machine.Tensor
	ld    int
	flags kernels.Flags
}

// dims are those of a product, [m, n] with k terms in a sum.
type dims struct{ m, n, k int }

// product is y = a b in every world; the rows of y are contiguous.
func (t *turn) product(y machine.Tensor, n dims, a, b factor) {
	strideA := n.m * a.ld
	if a.flags&kernels.FlagTransA != 0 {
		strideA = n.k * a.ld
	}
	d := kernels.Desc{Op: kernels.OpGemm, Flags: a.flags}
	d.Dim = [kernels.MaxDims]int64{
		kernels.GemmM: int64(n.m), kernels.GemmN: int64(n.n), kernels.GemmK: int64(n.k), kernels.GemmLDA: int64(a.ld), kernels.GemmLDB: int64(b.ld),
		kernels.GemmLDC: int64(n.n), kernels.GemmGroups: int64(t.Worlds), kernels.GemmStrideA: int64(strideA), kernels.GemmStrideB: int64(n.k * b.ld),
		kernels.GemmStrideC: int64(n.m * n.n),
	}
	t.b.Op(d, a.x, b.x, machine.None, machine.None, y)
}
