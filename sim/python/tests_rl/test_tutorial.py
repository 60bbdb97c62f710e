"""Tests the path of PettingZoo's tutorial: SuperSuit makes copies, Stable-Baselines3's PPO learns."""

import numpy as np
import pytest
import supersuit
import torch
from stable_baselines3 import PPO

import gmel

SCENARIO = {"servers": 3, "ieds": 6}


@pytest.fixture(autouse=True)
def reproducible():
    torch.set_num_threads(1)
    torch.manual_seed(1)


def copies(num, cpus, base):
    """As the tutorial writes it: the environment itself is forgotten."""
    env = gmel.ParallelEnv(SCENARIO, illegal="local")
    env.reset(seed=1)
    env = supersuit.pettingzoo_env_to_vec_env_v1(env)
    return supersuit.concat_vec_envs_v1(env, num, num_cpus=cpus, base_class=base)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("cpus", [1, 2])
def test_copies_of_supersuit_play_their_own_worlds(cpus):
    env, direct = copies(4, cpus, "gymnasium"), [gmel.ParallelEnv(SCENARIO, illegal="local") for _ in range(4)]
    try:
        obs, _ = env.reset(seed=1)
        # SuperSuit gives copy i of process p the seed 1 + p + i.
        seeds = [1, 2, 3, 4] if cpus == 1 else [1, 2, 2, 3]
        for seed, one in zip(seeds, direct):
            one.reset(seed=seed)
        for _ in range(6):
            played = [one.step(dict.fromkeys(one.agents, 1)) for one in direct]
            obs, reward, *_ = env.step(np.ones(24, int))
            assert np.array_equal(obs["observation"], np.concatenate([one.state() for one in direct]))
            assert np.allclose(reward, [r for step in played for r in step[1].values()])
        assert reward.any()
    finally:
        env.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("cpus", [1, 2])
def test_ppo_of_stable_baselines3_learns(cpus, tmp_path):
    env = copies(8, cpus, "stable_baselines3")
    try:
        model = PPO("MultiInputPolicy", env, n_steps=64, batch_size=256, learning_rate=1e-3, gamma=0.9)
        model.learn(total_timesteps=10 * 64 * env.num_envs)
        model.save(tmp_path / "model")
    finally:
        env.close()
    assert evaluate(PPO.load(tmp_path / "model")) > evaluate(None) + 0.1


def evaluate(model):
    """Mean reward of a task in 20 episodes of other halls; None: uniform actions."""
    env, random, rewards = gmel.ParallelEnv(SCENARIO, illegal="local", seed=1000), np.random.default_rng(1), []
    for _ in range(20):
        observations, _ = env.reset()
        while env.agents:
            if model is None:
                actions = random.integers(env.worlds.num_actions, size=len(env.agents))
            else:
                stacked = {k: np.stack([o[k] for o in observations.values()]) for k in ("observation", "action_mask")}
                actions = model.predict(stacked, deterministic=True)[0]
            observations, reward, _, _, infos = env.step(dict(zip(env.agents, actions)))
            rewards += [reward[agent] for agent, info in infos.items() if info["had_task"]]
    return np.mean(rewards)
