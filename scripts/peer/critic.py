"""The attention critic."""

import torch
import torch.nn.functional as F

import others
from actor import leaky
from step import Step, linear, parameters

NAMES = [f"{layer}.{k}" for layer in ("encoder", "state", "value", "hidden", "output") for k in "wb"] + ["query.w", "key.w"]


def values(p, obs, act, agents, heads, attention):
    """Q_i(o, .) [B*A, U], and what attention and penalty need: logits or queries and keys."""
    hidden, actions = p["query.w"].shape[0], p["output.w"].shape[0]

    def split(x):
        return x.view(-1, agents, heads, hidden // heads).transpose(1, 2)

    e = leaky(linear(torch.cat([obs, F.one_hot(act, actions).float()], -1), p["encoder.w"], p["encoder.b"]))
    s = leaky(linear(obs, p["state.w"], p["state.b"]))
    q, k = split(linear(s, p["query.w"])), split(linear(e, p["key.w"]))
    v = split(leaky(linear(e, p["value.w"], p["value.b"])))
    x, z = attention(q, k, v)
    x = x.transpose(1, 2).reshape(-1, hidden)
    h = leaky(linear(torch.cat([s, x], -1), p["hidden.w"], p["hidden.b"]))
    return linear(h, p["output.w"], p["output.b"]), z, (q, k)


def taken(q, act):
    return q.gather(-1, act[:, None])[:, 0]


def ways(sizes, arrays):
    obs, act, target = arrays["obs"], arrays["act"].long(), arrays["target"]

    def make(attention, wrap):
        def loss(p):
            q, _, _ = values(p, obs, act, sizes["agents"], sizes["heads"], attention)
            return (taken(q, act) - target).square().mean()

        return Step(parameters(arrays, NAMES), wrap(loss))

    return others.ways(sizes["agents"], make)
