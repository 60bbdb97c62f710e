"""One world with PettingZoo's parallel API."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Self

import numpy as np
from gymnasium import spaces
from gymnasium.utils import seeding
from pettingzoo import ParallelEnv as PettingZooParallelEnv

from ._library import Error
from ._settings import Part, seed as checked_seed, seed_or_entropy
from .spaces import RENDERING, Illegal, as_mask, check_illegal, observation_box, played, renders, warn_unrendered
from .worlds import Floats, Scenario, Worlds

Observation = dict[str, np.ndarray]


class ParallelEnv(PettingZooParallelEnv[str, Observation, int]):
    """One world; agents "ied_0", "ied_1", ... decide in every slot.

    An observation is ``{"observation": float32 [O], "action_mask": int8 [U]}``. An agent without a
    task may only choose 0. An episode ends at its time limit. Then all agents are truncated, their
    observations are the last ones of the episode, and ``agents`` is empty until ``reset``.

    ``reset(seed=s)`` plays episode 0 of ``Worlds(scenario, 1, seed=s)``. Without a seed it draws
    the next seed from a generator that was seeded with the last given seed, ``np_random_seed``.

    A copy, deep copy or pickle is another environment in the same state. The generator belongs to
    the state, so that copies play the same episodes until each is reset with a seed of its own.

    Args:
        scenario: the scenario, see ``gmel.Scenario``.
        seed: seeds the generator for resets without a seed. None: the system's entropy does, so that
            workers play different episodes.
        part: "training" or "evaluation", the part of an arrival trace, see ``Worlds``.
        illegal: what to do about an action that the mask forbids, see ``gmel.spaces.Illegal``.
        render_mode: "rgb_array": ``render`` draws; None: it does not, and steps are faster.
        copy: True: observations are copies; False: views that the next step overwrites.
    """

    metadata = {"name": "gmel_offloading_v0", **RENDERING, "is_parallelizable": True}

    def __init__(
        self,
        scenario: Scenario = "paper",
        *,
        seed: int | None = None,
        part: Part = "training",
        illegal: Illegal = "error",
        render_mode: str | None = None,
        copy: bool = True,
    ) -> None:
        check_illegal(illegal)
        self.render_mode = render_mode
        first = seed_or_entropy(seed)
        self.worlds = Worlds(scenario, 1, seed=first, part=part, pictures=renders(render_mode))
        self._illegal, self._copy = illegal, copy
        self._random, self.np_random_seed = seeding.np_random(first)
        self.possible_agents = [f"ied_{i}" for i in range(self.worlds.num_agents)]
        self.agents: list[str] = []
        self._over = False
        self.state_space = observation_box(self.worlds.num_agents, self.worlds.obs_size)
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
        if seed is None:
            self.worlds.reset(int(self._random.integers(2**63)))
        else:
            self.worlds.reset(checked_seed(seed))
            self._random, self.np_random_seed = seeding.np_random(checked_seed(seed))
        self.agents, self._over = list(self.possible_agents), False
        return self._observe(), {agent: {} for agent in self.agents}

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
        self._over = over = bool(w.truncated[0])
        observations = self._observe()
        rewards = {agent: float(r) for agent, r in zip(agents, w.reward[0])}
        infos: dict[str, dict[str, Any]] = {agent: {"had_task": bool(t)} for agent, t in zip(agents, w.had_task[0])}
        if over:
            self.agents = []
        return observations, rewards, dict.fromkeys(agents, False), dict.fromkeys(agents, over), infos

    def state(self) -> np.ndarray:
        """[A, O] the observations of all agents, for a central critic; after the last step those of its end."""
        return np.array(self._shown()[0])

    def render(self) -> np.ndarray | None:
        """uint8 [H, W, 3] the slot of the last step; after ``reset`` the world whose agents have not decided."""
        if self.render_mode is None:
            warn_unrendered()
            return None
        return self.worlds.picture()

    def close(self) -> None:
        self.worlds.close()

    def __copy__(self) -> Self:
        return deepcopy(self)

    def _shown(self) -> tuple[Floats, Floats]:
        """Observations [A, O] and masks [A, U]. The worlds are an episode ahead after its end."""
        w = self.worlds
        return (w.final_obs[0], w.final_mask[0]) if self._over else (w.obs[0], w.mask[0])

    def _observe(self) -> dict[str, Observation]:
        obs, mask = self._shown()
        seen, legal = (obs.copy() if self._copy else obs), as_mask(mask)
        return {
            agent: {"observation": seen[i], "action_mask": legal[i]} for i, agent in enumerate(self.possible_agents)
        }
