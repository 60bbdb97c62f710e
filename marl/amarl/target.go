package amarl

import (
	"github.com/gmel-go/gmel/marl/replay"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/op"
)

// targetInputs are the inputs of the target besides Q of the target critic.
type targetInputs struct {
	reward     *nn.Node // [B*A] mixed reward, standardised
	terminated *nn.Node // [B*A] 1: no successor state. A time limit is 0: bootstrap through it
	logp       *nn.Node // [B*A, U] log pi_bar(. | o')
	act        *nn.Node // [B*A] a' sampled from pi_bar
	alpha      *nn.Node // scalar
}

// target builds y_i = r_i + gamma (1 - terminated) V_i(o') (Iqbal & Sha 2019, eq. 7), where
//
//	V_i = Qbar_i(o', a') - alpha log pi_bar(a'_i | o'_i)               sampled
//	V_i = sum_a pi_bar(a | o'_i) (Qbar_i(o', (a, a'_-i)) - alpha log pi_bar(a | o'_i))  expected
func target(cfg *Config, gamma float64, q *nn.Node, in targetInputs) *nn.Node {
	soft := op.Sub(q, op.Mul(in.logp, in.alpha))
	v := op.Pick(soft, in.act)
	if cfg.TargetValue == TargetExpected {
		v = op.SumRows(op.Mul(op.Exp(in.logp), soft))
	}
	return replay.Target(gamma, in.reward, in.terminated, v)
}
