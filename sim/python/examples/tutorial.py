"""PettingZoo's tutorial on the worlds of GMEL: ``python sim/python/examples/tutorial.py``.

SuperSuit makes eight copies of one environment, and PPO of Stable-Baselines3 trains one policy for
all IEDs. It needs the packages in requirements-rl.txt as well: ``make python-test-rl`` installs them
in .cache/python-rl.

PPO does not know the masks. An action that a mask forbids is played as 0 (``illegal="local"``).
The copies play the same episodes and differ by their actions, because they are reset without seeds;
the worlds of ``examples/ppo.py`` play different ones.

The default run (2 million decisions; 70 s of one core of an AMD EPYC, torch 2.15) ends with

    200 episodes of scenario paper, other halls than in training:
    ppo            completion 0.9271
    random         completion 0.4579
    greedy         completion 0.7526
    switch-aware   completion 0.9764
"""

from __future__ import annotations

import argparse

import numpy as np
import supersuit
import torch
from stable_baselines3 import PPO

import gmel


def settings() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    p.add_argument("--scenario", default="paper")
    p.add_argument("--copies", type=int, default=8)
    p.add_argument("--cpus", type=int, default=1, help="processes that play the copies")
    p.add_argument("--decisions", type=int, default=2_000_000, help="of IEDs, with and without a task")
    p.add_argument("--episodes", type=int, default=200, help="of the evaluation")
    p.add_argument("--seed", type=int, default=1)
    return p.parse_args()


def train(o: argparse.Namespace) -> PPO:
    env = gmel.ParallelEnv(o.scenario, illegal="local")
    env.reset(seed=o.seed)
    env = supersuit.pettingzoo_env_to_vec_env_v1(env)
    env = supersuit.concat_vec_envs_v1(env, o.copies, num_cpus=o.cpus, base_class="stable_baselines3")
    model = PPO(
        "MultiInputPolicy", env, n_steps=50, batch_size=1500, n_epochs=4, learning_rate=1e-3, gamma=0.9, ent_coef=0.005
    )
    model.learn(o.decisions)
    env.close()
    return model


def evaluate(o: argparse.Namespace, model: PPO | str) -> float:
    """Completion rate of the most probable actions, or of a heuristic, in other halls."""
    w = gmel.Worlds(o.scenario, o.episodes, seed=o.seed + 1000, record_tasks=True)
    tasks = completed = 0
    while True:
        if isinstance(model, str):
            w.play(model)
        else:
            seen = {
                "observation": w.obs.reshape(-1, w.obs_size),
                "action_mask": w.mask.reshape(-1, w.num_actions).astype(np.int8),
            }
            actions = model.predict(seen, deterministic=True)[0].reshape(w.num_worlds, w.num_agents)
            legal = np.take_along_axis(w.mask, actions[..., None], axis=2)[..., 0]
            w.step(np.where(legal > 0, actions, 0))
        tasks += np.count_nonzero(w.had_task)
        completed += np.count_nonzero(w.tasks["completed"])
        if w.truncated.all():
            return completed / tasks


def main() -> None:
    o = settings()
    torch.manual_seed(o.seed)
    torch.set_num_threads(1)
    model = train(o)
    print(f"{o.episodes} episodes of scenario {o.scenario}, other halls than in training:")
    for policy in (model, "random", "greedy", "switch-aware"):
        print(f"{'ppo' if policy is model else policy:14} completion {evaluate(o, policy):.4f}")


if __name__ == "__main__":
    main()
