package kernels

import "fmt"

// Attention over the other agents, or over all.
const (
	// OpAttention: multi-head attention over agents that excludes the agent itself:
	// w_ij = softmax over j != i of q_i.k_j / sqrt D, x_i = sum_{j != i} w_ij v_j; zeros when N = 1.
	// q, k, v, x are [B,N,h*D]. Arg: q, k, v, x, penalty?. Dim: B, N, h, D. Never stores N x N beyond one
	// tile. penalty[1], with Scalar[0], is the y of OpAttentionPenalty. Iqbal & Sha 2019, eq. 6.
	// FlagSelf: j = i takes part like the others, also when N = 1 (Vaswani et al. 2017, eq. 1); no penalty then.
	OpAttention Op = 18

	// OpAttentionGrad: gradients of OpAttention for dx and, with Scalar[0], dpenalty[1].
	// Arg: q, k, v, dx, dq, dk, dv, dpenalty?. Dim: B, N, h, D. acc. FlagSelf as in OpAttention.
	OpAttentionGrad Op = 19

	// OpAttentionPenalty: y[1] = Scalar[0] * mean over B, h, i != j of (q_i.k_j / sqrt D)^2; 0 when N = 1.
	// Arg: q, k, y. Dim: B, N, h, D.
	OpAttentionPenalty Op = 20

	// OpAttentionPenaltyGrad: gradients of OpAttentionPenalty for dy[1]. Arg: q, k, dy, dq, dk. acc.
	// Dim: B, N, h, D. Scalar as OpAttentionPenalty.
	OpAttentionPenaltyGrad Op = 21

	// OpAttentionEntropy: y[h] = mean over B, i of the entropy of w_i in nats. Arg: q, k, y. Dim: B, N, h, D.
	OpAttentionEntropy Op = 22
)

var attentionOps = family{
	OpAttention: {
		Name: "attention", Dims: attentionDims, Flops: attentionFlops(4),
		Args:  []ArgSpec{in("q", tokens), in("k", tokens), in("v", tokens), out("x", tokens), optOut("penalty", one)},
		Check: (*Desc).checkAttention,
		Rows:  byRow(Rows{Sum: 4, Mean: true}, token, token, token, token),
	},
	OpAttentionGrad: {
		Name: "attentiongrad", Dims: attentionDims, Accumulates: true, Flops: attentionFlops(10),
		Args: []ArgSpec{
			in("q", tokens), in("k", tokens), in("v", tokens), in("dx", tokens),
			out("dq", tokens), out("dk", tokens), out("dv", tokens), opt("dpenalty", one),
		},
		Check: (*Desc).checkAttention,
		Rows:  byRow(Rows{Sum: NoSum, Mean: true}, token, token, token, token, token, token, token),
	},
	OpAttentionPenalty: {
		Name: "attentionpenalty", Dims: attentionDims, Flops: attentionFlops(2),
		Args: []ArgSpec{in("q", tokens), in("k", tokens), out("y", one)},
		Rows: byRow(Rows{Sum: 2, Mean: true}, token, token),
	},
	OpAttentionPenaltyGrad: {
		Name: "attentionpenaltygrad", Dims: attentionDims, Accumulates: true, Flops: attentionFlops(6),
		Args: []ArgSpec{in("q", tokens), in("k", tokens), in("dy", one), out("dq", tokens), out("dk", tokens)},
		Rows: byRow(Rows{Sum: NoSum, Mean: true}, token, token, nil, token, token),
	},
	OpAttentionEntropy: {
		Name: "attentionentropy", Dims: attentionDims, Flops: attentionFlops(2),
		Args: []ArgSpec{in("q", tokens), in("k", tokens), out("y", dim(2))},
		Rows: uncut,
	},
}

var (
	attentionDims = []string{"B", "N", "h", "D"}
	tokens        = prod(0, 1, 2, 3)
	token         = prod(1, 2, 3) // of one item of the batch
)

func attentionFlops(perPair int64) func(*Desc) int64 {
	return func(d *Desc) int64 { return mul(perPair, d.Dim[0], d.Dim[1], d.Dim[1], d.Dim[2], d.Dim[3]) }
}

// checkAttention checks the flags of attention or of its gradient. The penalty is of scores with the other agents.
func (d *Desc) checkAttention() error {
	penalty := 4
	if d.Op == OpAttentionGrad {
		penalty = 7
	}
	switch {
	case d.Fn != FnIdentity:
		return fmt.Errorf("%s has no function %s", d.Op, d.Fn)
	case d.Has(FlagSelf) && d.Arg[penalty] != Absent:
		return fmt.Errorf("%s: an agent that attends to itself, too, has no penalty", d.Op)
	}
	return d.checkFlags(FlagAccumulate | FlagSelf)
}
