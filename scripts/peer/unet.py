"""A block of a U-Net: two convolutions 3x3, group normalisation and SiLU before each, residual."""

import torch
import torch.nn.functional as F

from step import can_compile, compiled, eager, graphed


class Block:
    def __init__(self, arrays, groups, layout, wrap):
        self.p = {}
        for n in ("conv1", "conv2"):
            w = arrays[n + ".w"].permute(3, 2, 0, 1).contiguous(memory_format=layout)  # [ky, kx, C, F] to [F, C, ky, kx]
            self.p[n + ".w"] = w.requires_grad_()
            self.p[n + ".b"] = arrays[n + ".b"].clone().requires_grad_()
        for n in ("norm1", "norm2"):
            for k in ("gamma", "beta"):
                self.p[f"{n}.{k}"] = arrays[f"{n}.{k}"].clone().requires_grad_()
        self.x, self.dy = (arrays[n].permute(0, 3, 1, 2).contiguous(memory_format=layout) for n in ("x", "dy"))
        self.x.requires_grad_()
        self.groups, self.forward = groups, wrap(self.forward)

    def forward(self, x, p):
        h = x
        for i in "12":
            h = F.silu(F.group_norm(h, self.groups, p[f"norm{i}.gamma"], p[f"norm{i}.beta"], 1e-5))
            h = F.conv2d(h, p[f"conv{i}.w"], p[f"conv{i}.b"], padding=1)
        return x + h

    def step(self):
        self.x.grad = None
        for t in self.p.values():
            t.grad = None
        y = self.forward(self.x, self.p)
        y.backward(self.dy)
        return y

    def check(self):
        y = self.step()
        found = {"y": y.permute(0, 2, 3, 1), "dx": self.x.grad.permute(0, 2, 3, 1)}
        for n, t in self.p.items():
            found["grad/" + n] = t.grad.permute(2, 3, 1, 0) if t.dim() == 4 else t.grad
        return found


def ways(sizes, arrays):
    make = {}
    for name, layout in (("channels last", torch.channels_last), ("channels first", torch.contiguous_format)):
        make[f"eager, {name}"] = lambda layout=layout: Block(arrays, sizes["groups"], layout, eager)
        if can_compile():
            make[f"compiled, {name}"] = lambda layout=layout: Block(arrays, sizes["groups"], layout, compiled)
    return graphed(make)
