package amarl

import (
	"math"

	"github.com/gmel-go/gmel/marl/marltest"
)

// refTarget is y of target.go for one minibatch.
func refTarget(cfg *setup, reward, terminated []float64, q, logp marltest.Matrix, act []float32) []float64 {
	y := make([]float64, len(reward))
	for i := range y {
		v := 0.0
		if cfg.TargetValue == TargetExpected {
			for a, l := range logp.Row(i) {
				v += math.Exp(l) * (q.At(i, a) - cfg.Alpha*l)
			}
		} else {
			a := int(act[i])
			v = q.At(i, a) - cfg.Alpha*logp.At(i, a)
		}
		y[i] = reward[i] + cfg.Gamma*(1-terminated[i])*v
	}
	return y
}

// refActorLoss is the closed form with the logit penalty.
func refActorLoss(cfg *setup, logits, logp, q marltest.Matrix, active []float64) float64 {
	sum, n := 0.0, 0.0
	for i := range active {
		for a, l := range logp.Row(i) {
			p, z := math.Exp(l), logits.At(i, a)
			sum += active[i] * (p*(cfg.Alpha*l-q.At(i, a)) + cfg.LogitPenalty*z*z/float64(logits.Cols))
		}
		n += active[i]
	}
	return sum / math.Max(1, n)
}
