package marl

import (
	"fmt"
	"math"

	"github.com/gmel-go/gmel/nn/machine"
)

// NonFiniteError says that training has produced NaN or infinity.
type NonFiniteError struct {
	Update int
	Tensor string // the first bad tensor, in the order in which an update writes them
	Index  int
	Value  float32
}

func (e *NonFiniteError) Error() string {
	return fmt.Sprintf("marl: update %d: %s[%d] is %g and training has stopped; "+
		"a scenario without extreme numbers, or lower train.lr_critic, train.lr_actor or train.max_norm, may help", e.Update, e.Tensor, e.Index, e.Value)
}

// checkTransitions looks at what the worlds gave before it is kept: a bad row could lie in the
// replay, and in checkpoints, for thousands of updates before a minibatch draws it.
func (t *Trainer) checkTransitions() error {
	columns := t.transitions.columns()
	for i, table := range t.learner.replay.tables() {
		if at := firstBad(columns[i]); at >= 0 {
			return &NonFiniteError{Update: t.update, Tensor: table.Name(), Index: at, Value: columns[i][at]}
		}
	}
	return nil
}

// checkFinite reads the statistics of the updates so far: a loss, norm or target that is not
// finite makes its sum so. The search for the culprit costs time only then.
func (t *Trainer) checkFinite() error {
	l := t.learner
	if err := l.session.Download(t.sums, l.statistic.sums); err != nil {
		return err
	}
	if firstBad(t.sums) < 0 {
		return nil
	}
	for _, x := range t.suspects() {
		v := make([]float32, x.Len())
		if err := l.session.Download(v, x); err != nil {
			return err
		}
		if i := firstBad(v); i >= 0 {
			return &NonFiniteError{Update: t.update, Tensor: x.Name(), Index: i, Value: v[i]}
		}
	}
	return fmt.Errorf("marl: update %d: not finite", t.update) // the sums are among the suspects
}

// suspects lists tensors from cause to effect: data, then gradients, then parameters.
func (t *Trainer) suspects() []machine.Tensor {
	l := t.learner
	s := append([]machine.Tensor{}, l.replay.tables()...)
	return append(s, l.moments, l.criticAdam.Grads().Flat, l.criticOnline.Flat,
		l.actorAdam.Grads().Flat, l.actorOnline.Flat, l.statistic.sums)
}

// firstBad returns the first index that is not finite, or -1.
func firstBad(v []float32) int {
	for i, x := range v {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return i
		}
	}
	return -1
}
