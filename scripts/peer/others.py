"""Attention of every agent over the others, in the forms that kernels take: softmax over all keys but the query's own.

The mask determines which kernel can compute a form: FlashAttention has no mask, the memory-efficient kernel adds one, and
FlexAttention has a function. A form is f(q, k, v), each [B, heads, agents, D]; it returns the result and the logits or None.
"""

import math

import torch
import torch.nn.functional as F

from step import Precision, all_ways, can_compile, compiled, eager, on_gpu


def logits(q, k):
    return q @ k.transpose(-1, -2) * (1 / math.sqrt(q.shape[-1]))


def explicit(agents):
    """Softmax by hand, which also has the logits."""
    itself = torch.eye(agents, dtype=torch.bool)

    def attention(q, k, v):
        z = logits(q, k)
        return torch.softmax(z.masked_fill(itself, -math.inf), -1) @ v, z

    return attention


def fused(agents):
    """PyTorch's choice of a kernel for a mask of booleans."""
    others = ~torch.eye(agents, dtype=torch.bool)
    return lambda q, k, v: (F.scaled_dot_product_attention(q, k, v, attn_mask=others), None)


def added(agents):
    """The same for a mask that is added; its rows are aligned, or the kernel would copy it in every call."""
    aligned = -agents % 16 + agents
    mask = torch.zeros(agents, aligned, dtype=Precision.of_products())[:, :agents]
    mask.fill_diagonal_(-math.inf)
    return lambda q, k, v: (F.scaled_dot_product_attention(*Precision.cast(q, k, v), attn_mask=mask), None)


def flex(agents):
    """FlexAttention, which compiles a kernel for the mask; only blocks on the diagonal evaluate it."""
    from torch.nn.attention.flex_attention import create_block_mask, flex_attention

    def others(batch, head, query, key):
        return query != key

    blocks = create_block_mask(others, None, None, agents, agents, device=str(torch.get_default_device()))
    return lambda q, k, v: (flex_attention(*Precision.cast(q, k, v), block_mask=blocks), None)


class Flash:
    """FlashAttention, in half precision."""

    @staticmethod
    def forward(q, k, v):
        y, lse, _, _, _, _, seed, offset, _ = torch.ops.aten._scaled_dot_product_flash_attention(q, k, v)
        return y, lse, (seed, offset)

    @staticmethod
    def backward(g, q, k, v, y, lse, rng):
        n = q.shape[-2]
        return torch.ops.aten._scaled_dot_product_flash_attention_backward(g, q, k, v, y, lse, None, None, n, n, 0.0, False, *rng)


class Efficient:
    """The memory-efficient kernel, in any precision."""

    @staticmethod
    def forward(q, k, v):
        y, lse, *rng = torch.ops.aten._scaled_dot_product_efficient_attention(q, k, v, None, True)
        return y, lse, rng

    @staticmethod
    def backward(g, q, k, v, y, lse, rng):
        wanted = [True, True, True, False]
        return torch.ops.aten._scaled_dot_product_efficient_attention_backward(g, q, k, v, None, y, lse, *rng, 0.0, wanted)[:3]


class OnProcessor:
    """The kernel of processors."""

    @staticmethod
    def forward(q, k, v):
        return *torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(q, k, v), ()

    @staticmethod
    def backward(g, q, k, v, y, lse, rng):
        return torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward(g, q, k, v, y, lse, 0.0, False)


def dot(a, b):
    return (a.float() * b.float()).sum(-1, keepdim=True)


def less(a, b):
    return (a.float() - b).to(a.dtype)


class LessOwn(torch.autograd.Function):
    """Softmax over the others from a kernel's softmax over all, which takes no mask.

    With Z the sum of all exp(z_ij) and w = exp(z_ii) / Z: y' = (y - w v_i) / (1 - w), and the sum is Z' = Z (1 - w). Given y' and
    Z', the kernel's backward pass is right except for the own term, to which it gives the weight exp(z_ii) / Z'; that term is
    subtracted. The result is exact except for rounding, which 1 / (1 - w) amplifies: the check against the engine decides.
    """

    @staticmethod
    def forward(ctx, q, k, v, kernel):
        y, lse, rng = kernel.forward(q, k, v)
        n = q.shape[-2]
        own = dot(q, k) / math.sqrt(q.shape[-1])
        w = torch.exp(own - lse[..., :n, None])
        y = ((y.float() - w * v.float()) / (1 - w)).to(v.dtype)
        lse = torch.cat([lse[..., :n] + torch.log1p(-w[..., 0]), lse[..., n:]], -1)  # and what a kernel has padded
        ctx.kernel = kernel
        ctx.save_for_backward(q, k, v, y, lse, own, *rng)
        return y

    @staticmethod
    def backward(ctx, g):
        q, k, v, y, lse, own, *rng = ctx.saved_tensors
        dq, dk, dv = ctx.kernel.backward(g, q, k, v, y, lse, rng)
        w = torch.exp(own - lse[..., : q.shape[-2], None])
        ds = w * (dot(g, v) - dot(g, y)) / math.sqrt(q.shape[-1])
        return less(dq, ds * k.float()), less(dk, ds * q.float()), less(dv, w * g.float()), None


def less_own(agents):
    """A kernel without a mask, whose own term is subtracted from the result."""
    kernel = OnProcessor if not on_gpu() else Flash if Precision.bf16 else Efficient
    return lambda q, k, v: (LessOwn.apply(*Precision.cast(q, k, v), kernel), None)


# The most promising forms come first: a search may end before all are tried.
FORMS = {
    "fused attention, mask added": added,
    "explicit attention": explicit,
    "attention over all less the own term": less_own,
    "fused attention": fused,
}
# FlexAttention is slow without a compiler, and that for processors has no backward pass.
FORMS_ON_GPU = {"attention over all less the own term": less_own, "FlexAttention": flex} | FORMS


def ways(agents, make):
    """Every form eager and compiled; make(attention, wrap) is a work whose functions wrap has made."""
    eagerly = {f"eager, {name}": lambda form=form: make(form(agents), eager) for name, form in FORMS.items()}
    if not can_compile():
        return all_ways(eagerly)
    forms = FORMS_ON_GPU if on_gpu() else FORMS
    whole = {f"compiled, {name}": lambda form=form: make(form(agents), compiled) for name, form in forms.items()}
    return all_ways(whole | eagerly if on_gpu() else eagerly | whole)
