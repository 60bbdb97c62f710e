package bench

import (
	"slices"
	"strings"
)

// Work is a list of cases under one name.
type Work struct {
	Name, Usage string
	Cases       func(gpu bool) []Case // a GPU gets larger ones
}

// Works are all works in the order of measurement.
func Works() []Work {
	return []Work{
		{"gemm", "matrix products of small networks' layers, forward and backward", same(Gemms)},
		{"actor", "a whole step of a perceptron, and of AMARL's actor: forward, backward, Adam", same(Actors)},
		{"critic", "a whole step of the attention critic: forward, backward, Adam", criticsFor},
		{"update", "a whole update of AMARL: minibatch, targets, critic, actor, Adam, target networks", Updates},
		{"ppo-update", "an update of the on-policy form: minibatch, critic of states, clipped objective, Adam", same(ProximalUpdates)},
		{"iteration", "an iteration of the on-policy form: a rollout in all worlds, then the updates on it", same(Iterations)},
		{"unet-block", "a residual block of a U-Net with its backward pass, dX included", same(Blocks)},
		{"unet-xs-train", "a whole update of a diffusion model, UNet-lite XS: noise, network, Adam, average", uNets(Trainings, "xs")},
		{"unet-s-train", "the same of UNet-lite S", uNets(Trainings, "s")},
		{"unet-xs-sample", "an evaluation of a diffusion model, UNet-lite XS, and the step of the sampler", uNets(Samplings, "xs")},
		{"unet-s-sample", "the same of UNet-lite S", uNets(Samplings, "s")},
		{"attention", "multi-head attention of agents over the others, forward and backward", Attentions},
		{"adam", "a step of Adam over 10 million parameters, on a GPU", Adams},
	}
}

// same are cases that do not depend on the backend.
func same(cases func() []Case) func(bool) []Case { return func(bool) []Case { return cases() } }

// uNets are the cases of a size of UNet-lite.
func uNets(cases func(string) []Case, size string) func(bool) []Case {
	return func(bool) []Case { return cases(size) }
}

// Batched are the cases that have a batch, with batch size n. Cases that then are the same are listed once.
func Batched(cases []Case, n int) (list []Case) {
	for _, c := range cases {
		if c.Batch == nil {
			continue
		}
		b := c.Batch(n)
		if !slices.ContainsFunc(list, func(o Case) bool { return o.Name == b.Name && o.Shape == b.Shape }) {
			list = append(list, b)
		}
	}
	return list
}

// Select returns the cases whose shape contains one of the texts, or all for none.
func Select(cases []Case, texts []string) (list []Case) {
	for _, c := range cases {
		keep := len(texts) == 0
		for _, t := range texts {
			keep = keep || strings.Contains(c.Shape, t)
		}
		if keep {
			list = append(list, c)
		}
	}
	return list
}
