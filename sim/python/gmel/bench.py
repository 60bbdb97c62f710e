"""Speed of the worlds with and without Python: ``python -m gmel.bench``.

Both sides step the same worlds on the same engine, in turns: the library on its own
(``Worlds.play``), and NumPy through ``Worlds.step`` and ``VectorEnv.step``. In the game "random"
each side draws uniform legal actions. In the game "local" all actions are 0, so only the steps
are measured. Ratios are medians over the turns.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np

from .vector import VectorEnv
from .worlds import Worlds


class RandomActions:
    """Uniform legal actions [W, A] without a loop over agents."""

    def __init__(self, worlds: Worlds, seed: int = 1) -> None:
        self._random, self._mask, self._actions = np.random.default_rng(seed), worlds.mask[:, :, 1], worlds.num_actions
        self._uniform = np.empty(self._mask.shape, np.float32)
        self.drawn = np.empty(self._mask.shape, np.int32)

    def __call__(self) -> np.ndarray:
        self._random.random(out=self._uniform, dtype=np.float32)
        self._uniform *= self._actions
        self._uniform *= self._mask  # without a task only action 0 is legal
        self.drawn[:] = self._uniform
        return self.drawn


def seconds(work: Callable[[], object], least: float) -> float:
    """The time of one call: the mean over enough calls to take at least the given time."""
    calls, begin = 0, time.perf_counter()
    while (taken := time.perf_counter() - begin) < least:
        work()
        calls += 1
    return taken / calls


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m gmel.bench", description=__doc__.split("\n\n")[0])
    parser.add_argument("--worlds", type=int, default=1024)
    parser.add_argument("--agents", type=int, default=30)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--slice", type=float, default=0.1, help="seconds of one side in one turn")
    o = parser.parse_args()
    print(f"{o.worlds} worlds of {o.agents} IEDs, {o.threads} threads, {o.turns} turns")
    for game in ("random", "local"):
        compare(game, o)


def compare(game: str, o: argparse.Namespace) -> None:
    """Prints the rates of one game."""
    scenario, size = f"population:{o.agents}", {"threads": o.threads, "seed": 1}
    native, raw = (Worlds(scenario, o.worlds, **size) for _ in range(2))
    env = VectorEnv(scenario, o.worlds, copy=False, **size)
    zeros = np.zeros((o.worlds, o.agents), np.int32)
    raw_actions, env_actions = (RandomActions(w) if game == "random" else lambda: zeros for w in (raw, env.worlds))
    sides = {
        f"native, {native.engine}": lambda: native.play(game),
        "gmel.Worlds": lambda: raw.step(raw_actions()),
        "gmel.VectorEnv": lambda: env.step(env_actions()),
    }
    turns = [[seconds(work, o.slice) for work in sides.values()] for _ in range(o.turns)]
    for i, name in enumerate(sides):
        rate = o.worlds * o.agents / statistics.median(turn[i] for turn in turns)
        share = statistics.median(turn[0] / turn[i] for turn in turns)
        print(f"{game:6}  {name:16} {rate / 1e6:7.2f} million agent steps/s, {100 * share:4.0f} % of native")


if __name__ == "__main__":
    main()
