"""What the works share: parameters, Adam, compilation."""

import os
import shutil

import torch


def parameters(arrays, names):
    """Leaf tensors; a weight [in, out] is kept as PyTorch likes it, [out, in]."""
    p = {}
    for n in names:
        t = arrays[n]
        p[n] = (t.t() if t.dim() == 2 else t).clone(memory_format=torch.contiguous_format).requires_grad_()
    return p


def gradients(params, prefix="grad/"):
    """The gradients by our names and in our layout."""
    return {prefix + n: (p.grad.t() if p.dim() == 2 else p.grad) for n, p in params.items()}


def adam(params, kind, lr=1e-3):
    return torch.optim.Adam(params.values(), lr=lr, eps=1e-8, **{kind: True})


def can_compile():
    """torch.compile needs a C++ compiler."""
    return shutil.which(os.environ.get("CXX", "g++")) is not None


def compiled(f):
    return torch.compile(f, dynamic=False)


class Step:
    """Forward, loss, backward, Adam."""

    def __init__(self, params, loss, kind="fused"):
        self.params, self.loss = params, loss
        self.adam = adam(params, kind)

    def step(self):
        self.adam.zero_grad(set_to_none=True)
        self.loss(self.params).backward()
        self.adam.step()

    def check(self):
        loss = self.loss(self.params)
        loss.backward()
        return {"loss": loss, **gradients(self.params)}


def ways(arrays, names, losses, kinds=("fused",)):
    """Every loss with every kind of Adam, eager and compiled."""
    make = {}
    for name, loss in losses.items():
        for kind in kinds:
            make[f"eager{name}, Adam {kind}"] = lambda loss=loss, kind=kind: Step(parameters(arrays, names), loss, kind)
        if can_compile():
            c = compiled(loss)
            make[f"compiled{name}, Adam fused"] = lambda c=c: Step(parameters(arrays, names), c)
    return make
