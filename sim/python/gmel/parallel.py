"""One world with PettingZoo's parallel API."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.utils import seeding
from pettingzoo import ParallelEnv as PettingZooParallelEnv

from ._library import Error
from .spaces import Illegal, as_mask, check_illegal, check_render_mode, observation_box, played
from .worlds import Floats, Scenario, Worlds

Observation = dict[str, np.ndarray]


class ParallelEnv(PettingZooParallelEnv[str, Observation, int]):
    """One world; agents "ied_0", "ied_1", ... decide in every slot.

    An observation is ``{"observation": float32 [O], "action_mask": int8 [U]}``. An agent without a
    task may only choose 0. An episode ends at its time limit. Then all agents are truncated, their
    observations are the last ones of the episode, and ``agents`` is empty until ``reset``.

    ``reset(seed=s)`` plays episode 0 of ``Worlds(scenario, 1, seed=s)``. Without a seed it draws
    the next seed from a generator that was seeded with the last given seed.

    Args:
        scenario: the scenario, see ``gmel.Scenario``.
        seed: seeds the generator for resets without a seed.
        illegal: what to do about an action that the mask forbids, see ``gmel.spaces.Illegal``.
        render_mode: None; there are no pictures.
        copy: True: observations are copies; False: views that the next step overwrites.
    """

    metadata = {"name": "gmel_offloading_v0", "render_modes": [], "is_parallelizable": True}

    def __init__(
        self,
        scenario: Scenario = "paper",
        *,
        seed: int = 1,
        illegal: Illegal = "error",
        render_mode: str | None = None,
        copy: bool = True,
    ) -> None:
        check_illegal(illegal)
        check_render_mode(render_mode)
        self.render_mode = render_mode
        self.worlds = Worlds(scenario, 1, seed=seed)
        self._illegal, self._copy = illegal, copy
        self._random, _ = seeding.np_random(seed)
        self.possible_agents = [f"ied_{i}" for i in range(self.worlds.num_agents)]
        self.agents: list[str] = []
        box, actions = observation_box(self.worlds.obs_size), self.worlds.num_actions
        self.observation_spaces = {
            agent: spaces.Dict({"observation": box, "action_mask": spaces.Box(0, 1, (actions,), np.int8)})
            for agent in self.possible_agents
        }
        self.action_spaces = {agent: spaces.Discrete(actions) for agent in self.possible_agents}

    def observation_space(self, agent: str) -> spaces.Dict:
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Discrete:
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Observation], dict[str, dict[str, Any]]]:
        """Starts an episode. ``options`` belongs to PettingZoo's interface; this game has none."""
        if seed is not None:
            self._random, _ = seeding.np_random(seed)
        self.worlds.reset(int(self._random.integers(2**63)) if seed is None else seed)
        self.agents = list(self.possible_agents)
        return self._observe(self.worlds.obs, self.worlds.mask), {agent: {} for agent in self.agents}

    def step(
        self, actions: dict[str, int]
    ) -> tuple[dict[str, Observation], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]]:
        """Plays one slot with one action for every agent."""
        w, agents = self.worlds, self.agents
        if not agents:
            raise Error("gmel: the episode is over; call reset")
        if set(actions) != set(agents):
            wrong = min(set(actions) ^ set(agents), key=str)
            raise Error(
                f"gmel: {wrong} has no action or is no agent; allowed: one action for each of {len(agents)} agents"
            )
        w.step(played(w, np.array([[actions[agent] for agent in agents]]), self._illegal))
        over = bool(w.truncated[0])
        observations = self._observe(w.final_obs, w.final_mask) if over else self._observe(w.obs, w.mask)
        rewards = {agent: float(r) for agent, r in zip(agents, w.reward[0])}
        infos: dict[str, dict[str, Any]] = {agent: {"had_task": bool(t)} for agent, t in zip(agents, w.had_task[0])}
        if over:
            self.agents = []
        return observations, rewards, dict.fromkeys(agents, False), dict.fromkeys(agents, over), infos

    def state(self) -> np.ndarray:
        """[A, O] the observations of all agents, for a central critic."""
        return np.array(self.worlds.obs[0])

    def render(self) -> None:
        """There are no pictures."""

    def close(self) -> None:
        self.worlds.close()

    def _observe(self, obs: Floats, mask: Floats) -> dict[str, Observation]:
        seen, legal = (obs[0].copy() if self._copy else obs[0]), as_mask(mask[0])
        return {
            agent: {"observation": seen[i], "action_mask": legal[i]} for i, agent in enumerate(self.possible_agents)
        }
