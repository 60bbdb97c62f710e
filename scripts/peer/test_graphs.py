"""That every work is offered eager, compiled and as a CUDA graph on a GPU, and how a graph is made; needs PyTorch, no GPU:

python scripts/peer/test_graphs.py
"""

import contextlib
import unittest
from unittest import mock

import gemm
import others
import peer
import step


def ways_of(work, gpu):
    """The ways of a work, of which nothing is computed."""
    with contextlib.ExitStack() as patches:
        for module in (step, gemm, others):
            patches.enter_context(mock.patch.object(module, "on_gpu", lambda: gpu))
        return list(peer.WORKS[work](mock.MagicMock(), mock.MagicMock()))


class Ways(unittest.TestCase):
    def test_every_way_is_a_graph_too(self):
        for work in set(peer.WORKS) - {"iteration"}:  # whose worlds are the host's
            found = ways_of(work, True)
            half = len(found) // 2
            self.assertEqual(found[:half], [way + ", CUDA graph" for way in found[half:]], work)  # first: they promise more
            self.assertLessEqual({way for way in ways_of(work, False) if not way.endswith("oneDNN")}, set(found), work)

    def test_forms_of_attention_are_ways(self):
        for work in ("attention", "critic", "update", "ppo-update"):
            for gpu in (False, True):
                found = {way.split(", ", 1)[1] for way in ways_of(work, gpu)}
                self.assertLessEqual(set(others.FORMS), found, work)
                self.assertEqual("FlexAttention" in found, gpu and step.can_compile(), work)

    def test_eager_and_compiled(self):
        for work in set(peer.WORKS) - {"gemm"}:  # one call, which has nothing to compile
            kinds = {way.split()[0].strip(",") for way in ways_of(work, False)}
            self.assertEqual(kinds, {"eager", "compiled"} if step.can_compile() else {"eager"}, work)

    def test_a_graph_is_captured_once_after_a_warm_up(self):
        work = mock.Mock()
        names = ("Stream", "current_stream", "stream", "CUDAGraph", "graph")
        with mock.patch.multiple("torch.cuda", **{n: mock.MagicMock() for n in names}):
            graphed = step.Graphed(work)
            for _ in range(2):
                graphed.step()
        self.assertEqual(work.step.call_count, 4)  # three to warm up, one that is captured
        self.assertEqual(graphed.graph.replay.call_count, 2)


if __name__ == "__main__":
    unittest.main()
