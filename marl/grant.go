package marl

import (
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// messages counts what agents wait for in the turns of a slot of a Granting Env. The server of candidate 1 of an agent sends it a message when its turn comes. So an agent
// with a task waits for
//
//	k = 1 + the number of agents with a task and the same candidate 1 in earlier turns
//
// messages. Servers send side by side. Agents of one turn do not wait for each other: their server grants them by one message.
type messages struct {
	k machine.Tensor // [W, M] of the agents of a server that are next
}

// tempGranted is for actions with what agents wait; None if the environment does not count messages.
func (s Sizes) tempGranted(b *machine.Builder) machine.Tensor {
	if !s.Granted {
		return machine.None
	}
	return b.Temp("granted", s.Rows())
}

// newMessages begins a slot whose granted actions are written to a tensor; nil if nothing counts messages or reads them.
func (s Sizes) newMessages(b *machine.Builder, to machine.Tensor) *messages {
	if !s.Granted || to == machine.None && !s.Valued {
		return nil
	}
	g := &messages{b.Temp("messages", s.Worlds, s.Servers)}
	b.Fill(g.k, 1)
	return g
}

// grant returns the actions of a turn [n], a + U k for agents with a task, and counts the messages.
func (g *messages) grant(t *turn) machine.Tensor {
	if g == nil {
		return t.act
	}
	first, waits, granted := t.b.Temp("candidate 1", t.rows), t.b.Temp("waits", t.rows), t.b.Temp("granted in turn", t.rows)
	t.b.Op(copyRows(t.rows, 1, t.Candidates, 1), t.servers, first)
	// An agent without candidates has number M there: no server sends it a message.
	hot, rows := t.oneHot(first), t.rows/t.Worlds
	t.product(waits, dims{rows, 1, t.Servers}, factor{x: hot, ld: t.Servers + 1}, factor{x: g.k, ld: 1})
	f := nn.NewFragment()
	task := op.Reshape(op.Columns(f.Input(t.obs), 0, 1), t.rows)
	f.Output(op.Add(f.Input(t.act), op.Mul(op.Affine(f.Input(waits), float32(t.Actions), 0), task)), granted)
	f.Lower(t.b)
	count := factor{x: hot, ld: t.Servers + 1, flags: kernels.FlagTransA | kernels.FlagAccumulate}
	t.product(g.k, dims{t.Servers, 1, rows}, count, factor{x: t.obs, ld: t.Obs})
	return granted
}
