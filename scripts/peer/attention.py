"""Attention of every agent over the others, forward and backward."""

import torch

import critic
from step import can_compile, compiled, graphed


class Attention:
    def __init__(self, sizes, arrays, attention):
        self.agents, self.heads, self.attention = sizes["agents"], sizes["heads"], attention
        self.x = [arrays[n].clone().requires_grad_() for n in "qkv"]
        self.dy = arrays["dy"]

    def forward(self):
        q, k, v = (x.view(-1, self.agents, self.heads, x.shape[1] // self.heads).transpose(1, 2) for x in self.x)
        y, _ = self.attention(q, k, v, torch.eye(self.agents, dtype=torch.bool))
        return y.transpose(1, 2).reshape(self.dy.shape)

    def step(self):
        for x in self.x:
            x.grad = None
        y = self.forward()
        y.backward(self.dy)
        return y

    def check(self):
        y = self.step()
        return {"y": y, **{"d" + n: x.grad for n, x in zip("qkv", self.x)}}


def ways(sizes, arrays):
    make = {}
    for name, attention in (("fused", critic.fused), ("explicit", critic.explicit)):
        make[f"eager, {name} attention"] = lambda attention=attention: Attention(sizes, arrays, attention)
        if can_compile():
            make[f"compiled, {name} attention"] = lambda attention=attention: Attention(sizes, arrays, compiled(attention))
    return graphed(make)
