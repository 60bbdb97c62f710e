"""That every work is offered eager, compiled and as a CUDA graph on a GPU, and how a graph is made; needs PyTorch, no GPU:

python scripts/peer/test_graphs.py
"""

import unittest
from unittest import mock

import gemm
import peer
import step


def ways_of(work, gpu):
    """The ways of a work, of which nothing is computed."""
    with mock.patch.object(step, "on_gpu", lambda: gpu), mock.patch.object(gemm, "on_gpu", lambda: gpu):
        return peer.WORKS[work](mock.MagicMock(), mock.MagicMock())


class Ways(unittest.TestCase):
    def test_every_way_is_a_graph_too(self):
        for work in set(peer.WORKS) - {"iteration"}:  # whose worlds are the host's
            plain, all_ways = ways_of(work, False), ways_of(work, True)
            plain = {way for way in plain if not way.endswith("oneDNN")}
            self.assertEqual(set(all_ways), plain | {way + ", CUDA graph" for way in plain}, work)

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
