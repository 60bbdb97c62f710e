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
		"a scenario without extreme numbers, lower learning rates or a lower train.max_norm may help", e.Update, e.Tensor, e.Index, e.Value)
}

// checkTransitions checks the transitions of a rollout before the updates: a bad row could stay in the
// replay, and in checkpoints, for thousands of updates before a minibatch draws it.
func (t *Trainer) checkTransitions() error {
	finite, err := Read(t.session, t.shop.rollout.finite)
	if err != nil || finite[0] == 1 {
		return err
	}
	return t.culprit(t.shop.memory.tables)
}

// checkFinite reads the statistics of the updates so far: a loss, norm or target that is not finite
// makes its sum not finite. Only then it searches for the cause, which takes time.
func (t *Trainer) checkFinite() error {
	if err := t.session.Download(t.sums, t.shop.Statistics.sums); err != nil {
		return err
	}
	if firstBad(t.sums) < 0 {
		return nil
	}
	return t.culprit(t.shop.suspects())
}

// culprit is the error that names the first tensor with a number that is not finite.
func (t *Trainer) culprit(of []machine.Tensor) error {
	for _, x := range of {
		v, err := Read(t.session, x)
		if err != nil {
			return err
		}
		if i := firstBad(v); i >= 0 {
			return &NonFiniteError{Update: t.update, Tensor: x.Name(), Index: i, Value: v[i]}
		}
	}
	return fmt.Errorf("marl: update %d: not finite", t.update)
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
