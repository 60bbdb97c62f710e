"""Shared parts of the works: parameters, Adam, compilation."""

import contextlib
import os
import shutil

import torch
import torch.nn.functional as F


def parameters(arrays, names):
    """Leaf tensors; a weight [in, out] is stored as in PyTorch, [out, in]."""
    p = {}
    for n in names:
        t = arrays[n]
        p[n] = (t.t() if t.dim() == 2 else t).clone(memory_format=torch.contiguous_format).requires_grad_()
    return p


def gradients(params, prefix="grad/"):
    """The gradients by our names and in our layout."""
    return {prefix + n: (p.grad.t() if p.dim() == 2 else p.grad) for n, p in params.items()}


def adam(params, kind, lr=1e-3, betas=(0.9, 0.999)):
    return torch.optim.Adam(params.values(), lr=lr, betas=betas, eps=1e-8, capturable=on_gpu(), **{kind: True})


def on_gpu():
    return torch.get_default_device().type == "cuda"


def can_compile():
    """torch.compile needs a C++ compiler."""
    return shutil.which(os.environ.get("CXX", "g++")) is not None


class Precision:
    """Of the factors of products."""

    bf16 = False

    @classmethod
    def of_products(cls):
        return torch.bfloat16 if cls.bf16 else torch.float32

    @classmethod
    def cast(cls, *tensors):
        """As autocast does for functions that it knows."""
        return tuple(t.to(cls.of_products()) for t in tensors)


def eager(f):
    """f in the requested precision. Every call casts the weights again, because training changes them in every step: a context of
    autocast caches its casts until it is left, so it is entered here and not in a wider scope."""
    if not Precision.bf16:
        return f
    device = torch.get_default_device().type

    def mixed(*args):
        with torch.autocast(device, torch.bfloat16):
            return f(*args)

    return mixed


def compiled(f):
    """The same as one graph of the compiler, casts included: anything less is an error. No mode of it that tunes products, which
    takes minutes for a work."""
    return torch.compile(eager(f), dynamic=False, fullgraph=True)


class OneDNNLinear(torch.autograd.Function):
    """x w^T + b with all three products by oneDNN."""

    product = staticmethod(lambda x, w, b=None: torch.ops.mkldnn._linear_pointwise(x, w, b, "none", [], ""))

    @staticmethod
    def forward(ctx, x, w, b):
        ctx.save_for_backward(x, w)
        ctx.bias = b is not None
        return OneDNNLinear.product(x, w, b)

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        dx = OneDNNLinear.product(g, w.t()) if ctx.needs_input_grad[0] else None
        return dx, OneDNNLinear.product(g.t(), x.t()), g.sum(0) if ctx.bias else None


class Products:
    """Which library does the products of layers."""

    onednn = False

    @classmethod
    @contextlib.contextmanager
    def by_onednn(cls):
        cls.onednn = True
        try:
            yield
        finally:
            cls.onednn = False


def linear(x, w, b=None):
    """x w^T + b, w [out, in]."""
    if Products.onednn and x.shape[0] >= 1024:  # below, its own preparations take longer than it wins
        return OneDNNLinear.apply(x, w, b)
    return F.linear(x, w, b)


class ByOneDNN:
    """A work whose layers' products are done by oneDNN."""

    def __init__(self, work):
        self.work = work

    def step(self):
        with Products.by_onednn():
            self.work.step()

    def check(self):
        with Products.by_onednn():
            return self.work.check()


def all_ways(make):
    """On a processor the eager ways with oneDNN too: PyTorch takes MKL, which leaves half of AVX-512 unused on processors
    that are not Intel's. Compiled ways stay with MKL: the compiler takes oneDNN for constant weights only. On a GPU every way as
    a graph too."""
    if on_gpu():
        return graphed(make)
    return make | {way + ", oneDNN": lambda work=work: ByOneDNN(work()) for way, work in make.items() if way.startswith("eager")}


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
        with torch.cuda.stream(side):  # one-time allocations and tuning must not be captured
            for _ in range(3):
                self.work.step()
        torch.cuda.current_stream().wait_stream(side)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.work.step()

    def check(self):
        return self.work.check()


def graphed(make):
    """The ways, and on a GPU each of them as a graph too. Graphs come first: they promise more."""
    if not on_gpu():
        return make
    return {way + ", CUDA graph": lambda work=work: Graphed(work()) for way, work in make.items()} | make


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


def ways(arrays, names, loss, kinds=("fused",)):
    """Eager with every kind of Adam, and compiled."""
    make = {}
    for kind in kinds:
        make[f"eager, Adam {kind}"] = lambda kind=kind: Step(parameters(arrays, names), eager(loss), kind)
    if can_compile():
        c = compiled(loss)
        make["compiled, Adam fused"] = lambda: Step(parameters(arrays, names), c)
    return all_ways(make)
