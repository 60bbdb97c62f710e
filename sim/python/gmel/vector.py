"""W worlds with Gymnasium's vector API."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode
from gymnasium.vector import VectorEnv as GymnasiumVectorEnv
from gymnasium.vector.utils import batch_space

from ._library import Error
from ._settings import Part, chosen_worlds, seed as checked_seed, seed_or_entropy
from .spaces import RENDERING, Illegal, as_mask, check_illegal, observation_box, played, renders, warn_unrendered
from .worlds import Floats, Scenario, Worlds


class VectorEnv(GymnasiumVectorEnv[Floats, npt.NDArray[Any], npt.NDArray[Any]]):
    """W sub-environments. Each is one world whose agents act jointly.

    A sub-environment has observations float32 [A, O] and joint actions MultiDiscrete [A] with U
    actions per agent. Its reward is the mean reward of its A agents, so the return of an episode is
    the "reward" of ``gmel eval`` and ``gmel simulate``. ``infos`` holds

    - ``action_mask`` int8 [W, A, U] of the returned observations, 1 = legal;
    - after a step ``agent_reward`` float32 [W, A] and ``had_task`` bool [W, A];
    - in mode ``SAME_STEP``, where an episode ended, ``final_obs`` (objects [W], each [A, O] or None)
      with ``_final_obs``, and ``final_info`` with ``action_mask`` of the last observations, as in
      Gymnasium's own vector environments.

    Episodes end at their time limit, so ``terminations`` are never set. ``autoreset_mode`` says what
    a step does in a world whose episode ends, in Gymnasium's terms:

    - ``SAME_STEP``: it returns the first observation of the next episode, and values bootstrap from
      ``final_obs``.
    - ``NEXT_STEP``: it returns the last observation of the episode. The next step returns the first
      one of the next episode there, with reward 0 and whatever the action. Gymnasium's wrappers
      that change observations need this mode; most of them also play in the next.
    - ``DISABLED``: it returns the last observation of the episode. Before the next step the world
      must be reset by ``reset(options={"reset_mask": mask})``, mask bool [W].

    A reset with a mask starts the next episode in the worlds of the mask; the others do not change.

    ``reset(seed=s)`` plays ``Worlds(scenario, num_envs, seed=s)``: all worlds have one seed and
    differ by their index. Without a seed it draws the next seed from ``np_random``, which was
    seeded with the last given seed, ``np_random_seed``.

    A copy, deep copy or pickle is another environment in the same state. ``np_random`` belongs to
    the state, so that copies play the same episodes until each is reset with a seed of its own.

    Args:
        scenario: the scenario, see ``gmel.Scenario``.
        num_envs: W.
        seed: seeds ``np_random`` for resets without a seed. None: the system's entropy does, so that
            workers play different episodes.
        threads: number of threads that step the worlds.
        part: "training" or "evaluation", the part of an arrival trace, see ``Worlds``.
        illegal: what to do about an action that a mask forbids, see ``gmel.spaces.Illegal``.
        autoreset_mode: one of ``gymnasium.vector.AutoresetMode`` or its value.
        render_mode: "rgb_array": ``render`` draws; None: it does not, and steps are faster.
        copy: True: arrays are copies; False: views that the next step overwrites, where no world
            shows the end of its episode.
    """

    metadata = dict(RENDERING)

    def __init__(
        self,
        scenario: Scenario = "paper",
        num_envs: int = 1,
        *,
        seed: int | None = None,
        threads: int = 1,
        part: Part = "training",
        illegal: Illegal = "error",
        autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
        render_mode: str | None = None,
        copy: bool = True,
    ) -> None:
        check_illegal(illegal)
        self._mode = checked_mode(autoreset_mode)
        self.metadata = self.metadata | {"autoreset_mode": self._mode}
        self.render_mode = render_mode
        first = seed_or_entropy(seed)
        self.worlds = w = Worlds(
            scenario, num_envs, seed=first, threads=threads, part=part, pictures=renders(render_mode), copy=copy
        )
        self.num_envs = w.num_worlds
        self._illegal = illegal
        self._ended = np.zeros(self.num_envs, np.bool_)  # worlds that show the end of their episode
        self._np_random, self._np_random_seed = seeding.np_random(first)
        self.single_observation_space = observation_box(w.num_agents, w.obs_size)
        self.single_action_space = spaces.MultiDiscrete(np.full(w.num_agents, w.num_actions))
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Floats, dict[str, Any]]:
        """Starts an episode in every world, or in those of ``options["reset_mask"]``."""
        mask = (options or {}).get("reset_mask")
        if mask is None:
            super().reset(seed=None if seed is None else checked_seed(seed))
            self.worlds.reset(int(self.np_random.integers(2**63)) if seed is None else seed)
            self._ended = np.zeros(self.num_envs, np.bool_)
        else:
            if seed is not None:
                raise Error("gmel: a seed and a reset_mask are not allowed together; all worlds have one seed")
            chosen = chosen_worlds("reset_mask", mask, self.num_envs)
            self.worlds.restart(chosen & ~self._ended)  # where an episode ended, the worlds are in the next one
            self._ended = self._ended & ~chosen
        obs, legal = self._shown()
        return obs, {"action_mask": as_mask(legal)}

    def step(
        self, actions: npt.NDArray[Any]
    ) -> tuple[Floats, npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any], dict[str, Any]]:
        """Plays one slot with actions [W, A]."""
        w, waiting = self.worlds, self._ended
        if not waiting.any():
            w.step(played(w, actions, self._illegal))
        elif self._mode is AutoresetMode.NEXT_STEP:
            w.step(played(w, actions, self._illegal), ~waiting)
        else:
            raise Error(
                f"gmel: the episode of world {np.argmax(waiting)} is over; "
                'call reset(options={"reset_mask": mask}) with a mask of the worlds that were truncated'
            )
        reward, over = w.reward, w.truncated
        if self._mode is not AutoresetMode.SAME_STEP:
            self._ended = over.copy()
        obs, legal = self._shown()
        infos: dict[str, Any] = {"action_mask": as_mask(legal), "agent_reward": reward, "had_task": w.had_task}
        if self._mode is AutoresetMode.SAME_STEP and over.any():
            infos |= self._final(over)
        return obs, reward.mean(axis=1, dtype=np.float64), w.terminated, over, infos

    def _shown(self) -> tuple[Floats, Floats]:
        """Observations and masks. The worlds are an episode ahead where they show its end."""
        w = self.worlds
        if not self._ended.any():
            return w.obs, w.mask
        ended = self._ended[:, None, None]
        return np.where(ended, w.final_obs, w.obs), np.where(ended, w.final_mask, w.mask)

    def _final(self, over: npt.NDArray[np.bool_]) -> dict[str, Any]:
        """The infos of Gymnasium's vector environments about ends of episodes."""
        obs = self.worlds.final_obs
        final = np.full(self.num_envs, None, dtype=object)
        for i in np.flatnonzero(over):
            final[i] = obs[i].copy()
        over = over.copy()
        info = {"action_mask": as_mask(self.worlds.final_mask), "_action_mask": over}
        return {"final_obs": final, "_final_obs": over, "final_info": info, "_final_info": over}

    def render(self) -> tuple[npt.NDArray[np.uint8], ...] | None:
        """One uint8 [H, W, 3] for each world: the slot of the last step.

        After a reset it is the world whose agents have not decided. In mode ``SAME_STEP`` the picture after the step
        that ended an episode is still of that episode.
        """
        if self.render_mode is None:
            warn_unrendered()
            return None
        # Worlds that were reset after their end are in the next episode already.
        begun = self.worlds.truncated & ~self._ended & (self._mode is not AutoresetMode.SAME_STEP)
        return tuple(self.worlds.picture(i, coming=begins) for i, begins in enumerate(begun))

    def __copy__(self) -> Self:
        return deepcopy(self)

    def close_extras(self, **kwargs: Any) -> None:
        self.worlds.close()


def checked_mode(mode: AutoresetMode | str) -> AutoresetMode:
    try:
        return AutoresetMode(mode)
    except ValueError:
        allowed = ", ".join(f'"{m.value}"' for m in AutoresetMode)
        raise Error(f"gmel: autoreset_mode {mode!r} is not allowed; allowed: {allowed}") from None
