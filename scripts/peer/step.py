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
    return torch.optim.Adam(params.values(), lr=lr, eps=1e-8, capturable=on_gpu(), **{kind: True})


def on_gpu():
    return torch.get_default_device().type == "cuda"


def can_compile():
    """torch.compile needs a C++ compiler."""
    return shutil.which(os.environ.get("CXX", "g++")) is not None


def compiled(f):
    return torch.compile(f, dynamic=False)


class Graphed:
    """A work whose step is captured into a CUDA graph at its first call."""

    def __init__(self, work):
        self.work, self.graph = work, None

    def step(self):
        if self.graph is None:
            self.capture()
        self.graph.replay()

    def capture(self):
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):  # what is allocated or tuned once must not be captured
            for _ in range(3):
                self.work.step()
        torch.cuda.current_stream().wait_stream(side)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.work.step()

    def check(self):
        return self.work.check()


def graphed(make):
    """The ways, and on a GPU each of them as a graph too."""
    if not on_gpu():
        return make
    return make | {way + ", CUDA graph": lambda work=work: Graphed(work()) for way, work in make.items()}


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
    return graphed(make)
