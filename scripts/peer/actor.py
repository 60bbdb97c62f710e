"""The perceptron and AMARL's actor."""

import torch
import torch.nn.functional as F

from step import linear, ways


def mlp(sizes, arrays):
    x, y, n = arrays["x"], arrays["y"], sizes["layers"]

    def loss(p):
        h = x
        for i in range(n):
            h = linear(h, p[f"layer{i}.w"], p[f"layer{i}.b"])
            if i < n - 1:
                h = F.relu(h)
        return F.mse_loss(h, y)

    return ways(arrays, [f"layer{i}.{k}" for i in range(n) for k in "wb"], loss, ("fused", "foreach"))


NAMES = [f"{layer}.{k}" for layer in ("first", "second", "logits") for k in "wb"]


def leaky(x):
    return F.leaky_relu(x, 0.01)


def policy(p, obs, mask):
    """Logits and masked log-probabilities."""
    h = leaky(linear(obs, p["first.w"], p["first.b"]))
    h = leaky(linear(h, p["second.w"], p["second.b"]))
    logits = linear(h, p["logits.w"], p["logits.b"])
    return logits, F.log_softmax(logits.masked_fill(mask == 0, -1e9), -1)


def weighted_mean(x, w):
    return (x * w).sum() / w.sum().clamp(min=1)


def closed_form(p, obs, mask, q, alpha, penalty):
    """sum_a pi (alpha log pi - Q) over the agents that decide, plus the penalty on the logits."""
    logits, logp = policy(p, obs, mask)
    active = (mask.sum(-1) - 1).clamp(0, 1)
    loss = weighted_mean((logp.exp() * (alpha * logp - q)).sum(-1), active)
    return loss + penalty / logits.shape[1] * weighted_mean(logits.square().sum(-1), active)


def amarl(sizes, arrays):
    def loss(p):
        return closed_form(p, arrays["obs"], arrays["mask"], arrays["q"], arrays["alpha"], arrays["logit_penalty"])

    return ways(arrays, NAMES, loss)
