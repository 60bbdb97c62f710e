"""W worlds with Gymnasium's vector API."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode
from gymnasium.vector import VectorEnv as GymnasiumVectorEnv
from gymnasium.vector.utils import batch_space

from .spaces import Illegal, as_mask, check_illegal, check_render_mode, observation_box, played
from .worlds import Floats, Scenario, Worlds


class VectorEnv(GymnasiumVectorEnv[Floats, npt.NDArray[Any], npt.NDArray[Any]]):
    """W sub-environments. Each is one world whose agents act jointly.

    A sub-environment has observations float32 [A, O] and joint actions MultiDiscrete [A] with U
    actions per agent. Its reward is the mean reward of its A agents, so the return of an episode is
    the "reward" of ``gmel eval`` and ``gmel simulate``. ``infos`` holds

    - ``action_mask`` int8 [W, A, U] of the returned observations, 1 = legal;
    - after a step ``agent_reward`` float32 [W, A] and ``had_task`` bool [W, A];
    - where an episode ended, ``final_obs`` (objects [W], each [A, O] or None) with ``_final_obs``,
      and ``final_info`` with ``action_mask`` of the last observations, as in Gymnasium's own vector
      environments.

    Autoreset is ``SAME_STEP``: the step that ends an episode returns the first observation of the
    next one. Episodes end at their time limit, so ``terminations`` are never set, and values
    bootstrap from ``final_obs``.

    ``reset(seed=s)`` plays ``Worlds(scenario, num_envs, seed=s)``: all worlds have one seed and
    differ by their index. Without a seed it draws the next seed from ``np_random``, which was
    seeded with the last given seed.

    Args:
        scenario: the scenario, see ``gmel.Scenario``.
        num_envs: W.
        seed: seeds ``np_random`` for resets without a seed.
        threads: number of threads that step the worlds.
        illegal: what to do about an action that a mask forbids, see ``gmel.spaces.Illegal``.
        render_mode: None; there are no pictures.
        copy: True: arrays are copies; False: views that the next step overwrites.
    """

    def __init__(
        self,
        scenario: Scenario = "paper",
        num_envs: int = 1,
        *,
        seed: int = 1,
        threads: int = 1,
        illegal: Illegal = "error",
        render_mode: str | None = None,
        copy: bool = True,
    ) -> None:
        check_illegal(illegal)
        check_render_mode(render_mode)
        self.metadata = {"render_modes": [], "autoreset_mode": AutoresetMode.SAME_STEP}
        self.render_mode = render_mode
        self.worlds = w = Worlds(scenario, num_envs, seed=seed, threads=threads, copy=copy)
        self.num_envs = w.num_worlds
        self._illegal = illegal
        self._np_random, self._np_random_seed = seeding.np_random(seed)
        self.single_observation_space = observation_box(w.num_agents, w.obs_size)
        self.single_action_space = spaces.MultiDiscrete(np.full(w.num_agents, w.num_actions))
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Floats, dict[str, Any]]:
        """Starts an episode in every world. ``options`` belongs to Gymnasium's interface; this game has none."""
        super().reset(seed=seed)
        self.worlds.reset(int(self.np_random.integers(2**63)) if seed is None else seed)
        return self.worlds.obs, {"action_mask": as_mask(self.worlds.mask)}

    def step(
        self, actions: npt.NDArray[Any]
    ) -> tuple[Floats, npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any], dict[str, Any]]:
        """Plays one slot with actions [W, A]."""
        w = self.worlds
        w.step(played(w, actions, self._illegal))
        reward, over = w.reward, w.truncated
        infos: dict[str, Any] = {"action_mask": as_mask(w.mask), "agent_reward": reward, "had_task": w.had_task}
        if over.any():
            infos |= self._final(over)
        return w.obs, reward.mean(axis=1, dtype=np.float64), w.terminated, over, infos

    def _final(self, over: npt.NDArray[np.bool_]) -> dict[str, Any]:
        """The infos of Gymnasium's vector environments about ends of episodes."""
        obs = self.worlds.final_obs
        final = np.full(self.num_envs, None, dtype=object)
        for i in np.flatnonzero(over):
            final[i] = obs[i].copy()
        over = over.copy()
        info = {"action_mask": as_mask(self.worlds.final_mask), "_action_mask": over}
        return {"final_obs": final, "_final_obs": over, "final_info": info, "_final_info": over}

    def render(self) -> None:
        """There are no pictures."""

    def close_extras(self, **kwargs: Any) -> None:
        self.worlds.close()
