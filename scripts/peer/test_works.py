"""That every form of attention is that of all agents over the others, and that half precision casts weights in every step;
needs PyTorch, no GPU:

python scripts/peer/test_works.py
"""

import unittest
from unittest import mock

import torch
from torch.utils._python_dispatch import TorchDispatchMode

import attention
import critic
import gemm
import others
import peer
import step


def result(form, agents, dtype=torch.float32, width=16):
    """The result of a form for normal numbers, and its gradients; FlexAttention has none on a processor."""
    torch.manual_seed(1)
    q, k, v, dy = (torch.randn(3, 2, agents, width).to(dtype) for _ in range(4))
    if form is others.flex:
        return [form(agents)(q, k, v)[0].float()]
    for x in (q, k, v):
        x.requires_grad_()
    y, _ = form(agents)(q, k, v)
    y.backward(dy)
    return [x.detach().float() for x in (y, q.grad, k.grad, v.grad)]


def distance(a, b):
    return ((a - b).abs().max() / b.abs().max().clamp(min=1)).item()


class Forms(unittest.TestCase):
    def agree(self, agents, dtype, most):
        want = result(others.explicit, agents, dtype)
        for name, form in others.FORMS_ON_GPU.items():
            with self.subTest(form=name, agents=agents):
                for a, b in zip(result(form, agents, dtype), want):
                    self.assertLess(distance(a, b), most)

    def test_every_form_agrees_with_the_explicit_one(self):
        for agents in (2, 8, 30, 130):
            self.agree(agents, torch.float32, 1e-4)

    def test_in_half_precision_too(self):
        with mock.patch.object(step.Precision, "bf16", True):
            self.agree(30, torch.bfloat16, 16 * 2**-8)

    def test_no_row_attends_to_itself(self):
        """With two agents each attends to the other alone."""
        for name, form in others.FORMS.items():
            q, k, v = (torch.randn(1, 1, 2, 16) for _ in range(3))
            y, _ = form(2)(q, k, v)
            self.assertLess(distance(y, v.flip(-2)), 1e-5, name)


class Casts(TorchDispatchMode):
    """Counts the casts of tensors of a shape to half precision."""

    def __init__(self, shape):
        super().__init__()
        self.shape, self.count = shape, 0

    def __torch_dispatch__(self, f, types, args=(), kwargs=None):
        if f is torch.ops.aten._to_copy.default and (kwargs or {}).get("dtype") is torch.bfloat16 and args[0].shape == self.shape:
            self.count += 1
        return f(*args, **(kwargs or {}))


SIZES = {"agents": 4, "heads": 2, "actions": 5}
SHAPES = {"encoder.w": (12, 32), "encoder.b": (32,), "state.w": (7, 32), "state.b": (32,), "value.w": (32, 32), "value.b": (32,),
          "hidden.w": (64, 32), "hidden.b": (32,), "output.w": (32, 5), "output.b": (5,), "query.w": (32, 32), "key.w": (32, 32)}  # fmt: skip


def critic_ways():
    torch.manual_seed(1)
    arrays = {n: 0.3 * torch.randn(s) for n, s in SHAPES.items()}
    arrays |= {"obs": torch.randn(12, 7), "act": torch.randint(5, (12,)).float(), "target": torch.randn(12)}
    return critic.ways(SIZES, arrays)


class HalfPrecision(unittest.TestCase):
    def setUp(self):
        patch = mock.patch.object(step.Precision, "bf16", True)
        patch.start()
        self.addCleanup(patch.stop)

    def test_every_step_casts_the_weights(self):
        work = critic_ways()["eager, explicit attention"]()
        counts = []
        for _ in range(3):
            with Casts(torch.Size([32, 64])) as casts:  # hidden.w as PyTorch keeps it
                work.step()
            counts.append(casts.count)
        self.assertEqual(counts, [1, 1, 1])

    def test_a_changed_weight_changes_the_next_step(self):
        ways = critic_ways()
        for name in ("eager, explicit attention", *(["compiled, explicit attention"] if step.can_compile() else [])):
            with self.subTest(way=name):
                work, anew = ways[name](), ways["eager, explicit attention"]()
                first = work.loss(work.params).item()
                work.step()
                with torch.no_grad():
                    for n, p in work.params.items():
                        anew.params[n].copy_(p.mul_(1.5))
                want = anew.loss(anew.params).item()
                self.assertLess(abs(work.loss(work.params).item() - want), 0.02 * want)
                self.assertGreater(abs(first - want), 0.1 * want)

    def test_casts_are_in_the_graph(self):
        """What a graph captures is a step with its casts."""
        work = step.Graphed(critic_ways()["eager, explicit attention"]())
        casts = Casts(torch.Size([32, 64]))
        names = ("Stream", "current_stream", "stream", "CUDAGraph")
        with mock.patch.multiple("torch.cuda", graph=lambda graph: casts, **{n: mock.MagicMock() for n in names}):
            work.step()
        self.assertEqual(casts.count, 1)

    def test_a_product_casts_its_weights(self):
        arrays = {"A": torch.randn(4, 3), "B": torch.randn(3, 5), "bias": torch.randn(5)}
        work = gemm.Product({"transpose_a": 0, "transpose_b": 0, "relu": 1}, arrays)
        work.step()
        before = work.out.clone()
        arrays["B"].neg_()
        work.step()
        self.assertEqual(work.out.dtype, torch.bfloat16)
        self.assertFalse(torch.equal(before, work.out))


class Failures(unittest.TestCase):
    def test_a_way_that_fails_leaves_the_others(self):
        p = peer.Peer()
        p.make = {"large": mock.Mock(side_effect=MemoryError("68 GiB")), "good": mock.Mock()}
        answers, lines = [], [f'{{"ask":"{ask}","way":"{way}","n":2}}' for ask, way in (("check", "large"), ("time", "good"))]
        with mock.patch("sys.stdin", lines), mock.patch("builtins.print", lambda text, **_: answers.append(text)):
            peer.answer_all(p, None)
        self.assertIn("MemoryError: 68 GiB", answers[0])
        self.assertIn("seconds", answers[1])
        self.assertEqual(p.make["good"]().step.call_count, 2)

    def test_a_work_is_dropped_before_the_next_is_made(self):
        p = peer.Peer()
        p.make = {"one": mock.Mock(), "two": lambda: self.assertIsNone(p.work) or mock.Mock()}
        p.fresh("one")
        p.fresh("two")


if __name__ == "__main__":
    unittest.main()
