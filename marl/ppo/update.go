package ppo

import (
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// Update implements marl.Learner: on one minibatch an Adam step of the critic, then one of the actor.
func (l *Learner) Update(b *machine.Builder) error {
	mb := l.drawMinibatch(b)
	if err := l.updateCritic(b, mb); err != nil {
		return err
	}
	if err := l.updateActor(b, mb); err != nil {
		return err
	}
	b.Count(l.drawn, l.batch())
	return nil
}

// updateCritic takes a step towards the returns. The loss is the plain squared error. Some
// implementations clip it, but that did not help in the large study of Andrychowicz et al. 2021.
func (l *Learner) updateCritic(b *machine.Builder, mb minibatch) error {
	f := nn.NewFragment()
	bd := l.criticNet.Bind(f)
	target, decides := f.Input(mb.returns), f.Input(mb.decides)
	v := l.valuesOf(f, bd, l.Sizes.OwnColumns(b, mb.obs), mb.servers)
	td := op.Sub(l.unit.value(f, v.V), target)
	weight := decides
	if l.idle {
		weight = nil
	}
	loss := v.Loss(l.unit.normalised(f, td), weight)
	if err := f.Gradients(loss, bd, l.criticNet.Adam.Grads()); err != nil {
		return err
	}
	s := l.Statistics
	s.Output(f, b, criticLoss, loss)
	s.Output(f, b, squaredTD, marl.WeightedMean(op.Square(td), decides))
	s.Output(f, b, targetMean, marl.WeightedMean(target, decides))
	f.Lower(b)
	l.criticNet.Adam.Step(b)
	s.Add(b, criticNorm, l.criticNet.Adam.Norm())
	return nil
}

// updateActor takes a step of the actor on the clipped objective.
func (l *Learner) updateActor(b *machine.Builder, mb minibatch) error {
	f := nn.NewFragment()
	bd := l.actorNet.Bind(f)
	logits, lp := l.actor.Forward(bd, f.Input(mb.obs), f.Input(mb.mask))
	in := proximalInputs{
		act: f.Input(mb.act), logp: f.Input(mb.logp), advantage: f.Input(mb.advantage), active: f.Input(mb.decides), alpha: f.Input(l.alpha),
	}
	p := proximal(&l.method, logits, lp, in)
	if err := f.Gradients(p.loss, bd, l.actorNet.Adam.Grads()); err != nil {
		return err
	}
	s := l.Statistics
	s.Output(f, b, actorLoss, p.loss)
	s.Output(f, b, policyEntropy, p.entropy)
	if l.method.clips() {
		s.Output(f, b, clipped, p.clipped)
		s.Output(f, b, klEstimate, p.kl)
	}
	f.Lower(b)
	l.actorNet.Adam.Step(b)
	s.Add(b, actorNorm, l.actorNet.Adam.Norm())
	return nil
}
