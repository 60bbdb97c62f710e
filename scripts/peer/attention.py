"""Attention of every agent over the others, forward and backward."""

import others


class Attention:
    def __init__(self, sizes, arrays, attention):
        self.agents, self.heads, self.attention = sizes["agents"], sizes["heads"], attention
        self.x = [arrays[n].clone().requires_grad_() for n in "qkv"]
        self.dy = arrays["dy"]

    def forward(self):
        q, k, v = (x.view(-1, self.agents, self.heads, x.shape[1] // self.heads).transpose(1, 2) for x in self.x)
        y, _ = self.attention(q, k, v)
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
    return others.ways(sizes["agents"], lambda attention, wrap: Attention(sizes, arrays, wrap(attention)))
