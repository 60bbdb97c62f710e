package marl

import (
	"context"
	"errors"
	"fmt"

	"github.com/gmel-go/gmel/sim"
)

// Attending is a Learner whose critic may attend to other agents.
type Attending interface {
	Learner
	// Attention returns the critic with its parameters, nil if it has no attention.
	Attention() *AttentionNet
}

// AttentionNet is a critic with attention in the arena of a run.
type AttentionNet struct {
	Critic *Critic
	Net    *Net
	Table  *ServerTable // nil unless the vectors of servers are fixed
}

// attention is that of the run's critic; nil if all agents have equal weights, or there are no others.
func (t *Trainer) attention() *AttentionNet {
	if l, ok := t.learner.(Attending); ok {
		if a := l.Attention(); a != nil && a.Critic.attention && a.Critic.agents > 1 {
			return a
		}
	}
	return nil
}

// What AttentionByDistance plays: an episode of each world. It looks at some of its slots, which are spread evenly.
const (
	attentionWorlds = 8
	attentionSlots  = 4
)

// AttentionByDistance plays the greedy policy in evaluation worlds of the scenario s, which is that of the run, and measures how much the
// critic attends to IEDs by their distance. The run stays as it is. Without attention the result is nil.
func (t *Trainer) AttentionByDistance(ctx context.Context, s *sim.Scenario, how Execution) (_ *DistanceAttention, err error) {
	a := t.attention()
	if a == nil {
		return nil, nil
	}
	p, err := t.watchedPolicy(a, how)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	w, err := sim.New(s.HeldOut(), attentionWorlds, Split(how.Seed, StreamEvaluation))
	if err != nil {
		return nil, err
	}
	w.NumberByNearest(t.cfg.inNeighbourhoods())
	m := newDistanceMeter(a.Critic, s.Hall.WidthM, s.Hall.DepthM)
	if err := p.watch(ctx, w, s.Time.Slots, m); err != nil {
		return nil, fmt.Errorf("measuring the attention: %w", err)
	}
	return m.result(t.update), nil
}

// watchedPolicy is Policy with a critic that is watched.
func (t *Trainer) watchedPolicy(a *AttentionNet, how Execution) (*Policy, error) {
	p, err := t.Policy(how)
	if err == nil {
		p.watched, err = t.watched(a)
	}
	return p, err
}

// watch plays an episode and shows some of its slots to the meter.
func (p *Policy) watch(ctx context.Context, w *sim.Worlds, slots int, m *distanceMeter) error {
	actions := make([]int32, w.W*w.A)
	for slot := range slots {
		if err := ctx.Err(); err != nil {
			return err
		}
		if p.Act(w, actions); p.err != nil {
			return p.err
		}
		if (slot+1)*attentionSlots/slots > slot*attentionSlots/slots {
			query, key, err := p.batch.attention()
			if err != nil {
				return err
			}
			for world := range w.W {
				rows := len(query) / w.W
				m.observe(query[world*rows:][:rows], key[world*rows:][:rows], w.View(world).Places)
			}
		}
		if err := w.Step(actions); err != nil {
			return err
		}
	}
	return nil
}
