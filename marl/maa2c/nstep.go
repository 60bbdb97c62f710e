package maa2c

import (
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl/ppo"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// nStep are the advantages of n-step returns,
//
//	A_t = r_t + .. + gamma^(k-1) r_(t+k-1) + gamma^k V(s_(t+k)) - V(s_t),
//
// where k is n or, if the rollout or the episode ends before, the number of slots until then. They are sums of
// one-step advantages d: A_t = d_t + gamma A'_(t+1), where A' has n - 1 steps, and A_t = d_t at an end. In between,
// the value of a successor is that of the next slot's state, and cancels.
func nStep(n int) ppo.Estimator {
	return func(b *machine.Builder, x ppo.Series, gamma float32, to machine.Tensor) {
		slots, width := to.Shape()[0], to.Shape()[1]
		b.GAE(x.Reward, x.Value, x.Next, x.Ended, to, gamma, 0) // d
		if slots == 1 || n == 1 {
			return
		}
		earlier := func(t machine.Tensor) machine.Tensor { return b.Part(t, 0, slots-1, width) }
		one, rest, follows := b.Temp("one step", slots-1, width), b.Temp("rest", slots-1, width), b.Temp("follows", slots-1, width)
		b.Copy(earlier(to), one)
		b.Unary(op.Clamp(0, 1), earlier(x.Ended), follows)
		b.Unary(op.Act{Fn: kernels.FnAffine, A: -gamma, B: gamma}, follows, follows) // gamma where the episode goes on, else 0
		for range min(n, slots) - 1 {
			b.Binary(kernels.BinMul, follows, b.Part(to, width, slots-1, width), rest)
			b.Binary(kernels.BinAdd, one, rest, earlier(to))
		}
	}
}
