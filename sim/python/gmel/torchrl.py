"""W worlds as an environment of TorchRL."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from gymnasium.vector import AutoresetMode
from tensordict import TensorDict, TensorDictBase
from torchrl.data import Categorical, Composite, Unbounded
from torchrl.envs import EnvBase

from .vector import VectorEnv
from .worlds import Scenario


class Env(EnvBase):
    """W worlds, batch size [W], whose A agents are the group "agents", as in TorchRL's environments of many agents.

    It reads ``("agents", "action")`` int64 [W, A] and writes ``("agents", "observation")`` float32 [W, A, O],
    ``("agents", "action_mask")`` bool [W, A, U], ``("agents", "reward")`` float32 [W, A, 1] and the ends of episodes,
    ``"truncated"`` and ``"done"`` bool [W, 1]. Random actions are legal.

    Tensors are on the CPU. Each is copied once from the memory of the worlds, which the next step overwrites.
    ``set_seed`` sets the seed of the next ``reset()``. Options are those of ``gmel.VectorEnv``.
    """

    def __init__(self, scenario: Scenario = "paper", num_envs: int = 1, **options: Any) -> None:
        vector = VectorEnv(scenario, num_envs, autoreset_mode=AutoresetMode.DISABLED, copy=False, **options)
        super().__init__(device=torch.device("cpu"), batch_size=[num_envs])
        self.vector, self._next_seed = vector, options.get("seed")
        (agents, observed), actions = vector.single_observation_space.shape, vector.worlds.num_actions
        batch = (num_envs, agents)

        def group(**specs: Any) -> Composite:
            return Composite(agents=Composite(specs, shape=batch), shape=batch[:1])

        self.observation_spec = group(
            observation=Unbounded((*batch, observed)), action_mask=Categorical(2, (*batch, actions), dtype=torch.bool)
        )
        self.action_spec = group(action=Categorical(actions, batch))
        self.reward_spec = group(reward=Unbounded((*batch, 1)))
        end = Categorical(2, (num_envs, 1), dtype=torch.bool)
        self.done_spec = Composite(done=end, terminated=end.clone(), truncated=end.clone(), shape=batch[:1])

    def _reset(self, tensordict: TensorDictBase | None = None, **kwargs: Any) -> TensorDictBase:
        chosen = None if tensordict is None else tensordict.get("_reset", None)
        if chosen is None:
            obs, infos = self.vector.reset(seed=self._next_seed)
            self._next_seed = None
        else:
            obs, infos = self.vector.reset(options={"reset_mask": chosen.reshape(-1).numpy()})
        return self._show(obs, infos, np.zeros(self.vector.num_envs, bool))

    def _step(self, tensordict: TensorDictBase) -> TensorDictBase:
        obs, _, _, truncated, infos = self.vector.step(tensordict["agents", "action"].numpy())
        shown = self._show(obs, infos, truncated)
        shown["agents", "reward"] = torch.tensor(infos["agent_reward"]).unsqueeze(-1)
        return shown

    def _show(self, obs: np.ndarray, infos: dict[str, Any], truncated: np.ndarray) -> TensorDict:
        mask, over = torch.tensor(infos["action_mask"], dtype=torch.bool), torch.tensor(truncated).unsqueeze(-1)
        self.full_action_spec["agents", "action"].update_mask(mask)
        seen = TensorDict({"observation": torch.tensor(obs), "action_mask": mask}, mask.shape[:2])
        ends = {"done": over, "terminated": torch.zeros_like(over), "truncated": over.clone()}
        return TensorDict({"agents": seen, **ends}, self.batch_size)

    def _set_seed(self, seed: int | None) -> None:
        self._next_seed = seed

    def close(self, *, raise_if_closed: bool = True) -> None:
        self.vector.close()
        super().close(raise_if_closed=raise_if_closed)
