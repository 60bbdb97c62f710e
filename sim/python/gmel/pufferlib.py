"""W worlds as a native environment of PufferLib."""

from __future__ import annotations

from typing import Any

import numpy as np
import pufferlib
from gymnasium import spaces

from ._settings import Part, seed_or_entropy
from .spaces import Illegal, check_illegal, observation_box, played
from .worlds import Scenario, Worlds

Step = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, list[dict[str, float]]]


class Env(pufferlib.PufferEnv):
    """W worlds with A agents each as W A agents of PufferLib: agent i of world w is number w A + i.

    PufferLib knows no masks, so an observation is that of the worlds followed by the mask, float32 [O + U], for a
    policy that reads it, and ``illegal`` says what becomes of an action that the mask forbids. The memory of the worlds is copied once,
    into PufferLib's buffer. The next episode begins at once, on another topology. At an end, the infos have the return
    and the length of the episodes, means over worlds and agents.

    Args:
        scenario: the scenario, see ``gmel.Scenario``.
        num_worlds: W.
        threads: number of threads that step the worlds.
        part: "training" or "evaluation", the part of an arrival trace, see ``gmel.Worlds``.
        illegal: what to do about an action that the mask forbids, see ``gmel.spaces.Illegal``.
        seed: seed of the worlds until a reset with another. None: the system's entropy gives one.
    """

    def __init__(
        self,
        scenario: Scenario = "paper",
        num_worlds: int = 1,
        *,
        threads: int = 1,
        part: Part = "training",
        illegal: Illegal = "local",
        buf: Any = None,
        seed: int | None = None,
    ) -> None:
        check_illegal(illegal)
        self.worlds = w = Worlds(scenario, num_worlds, seed=seed_or_entropy(seed), threads=threads, part=part)
        self._illegal = illegal
        self._returns = np.zeros((w.num_worlds, 2))  # so far, mean over agents; slots
        self.num_agents = w.num_worlds * w.num_agents
        self.single_observation_space = observation_box(w.obs_size + w.num_actions)
        self.single_action_space = spaces.Discrete(w.num_actions)
        super().__init__(buf)

    def reset(self, seed: int | None = None) -> tuple[np.ndarray, list[dict[str, float]]]:
        self.worlds.reset(seed)
        self._returns[:] = 0
        self.rewards[:], self.terminals[:], self.truncations[:] = 0, False, False
        return self._observe(), []

    def step(self, actions: np.ndarray) -> Step:
        w = self.worlds
        w.step(played(w, np.reshape(actions, (w.num_worlds, w.num_agents)), self._illegal))
        self.rewards[:], over = w.reward.reshape(-1), w.truncated
        self.truncations[:] = np.repeat(over, w.num_agents)
        self._returns += np.stack([w.reward.mean(axis=1), np.ones(w.num_worlds)], axis=1)
        infos = []
        if over.any():
            mean, slots = self._returns[over].mean(axis=0).tolist()
            infos.append({"episode_return": mean, "episode_length": slots})
            self._returns[over] = 0
        return self._observe(), self.rewards, self.terminals, self.truncations, infos

    def _observe(self) -> np.ndarray:
        w, to = self.worlds, self.observations.reshape(self.worlds.num_worlds, self.worlds.num_agents, -1)
        to[:, :, : w.obs_size], to[:, :, w.obs_size :] = w.obs, w.mask
        return self.observations

    def close(self) -> None:
        self.worlds.close()
