"""Writes golden.json: what simple_spread_v3 of PettingZoo does, for the tests of this folder.

    pip install mpe2==1.1.1
    python golden.py > golden.json

Trajectories: an episode with given places, actions, and after every cycle places, velocities, rewards and, at
both ends, observations. Places are numbers of float32, so that both programs begin at the same point. In crowded ones
the agents begin near each other and collide. Figures: the mean return per agent of many episodes with its standard error.
"""

import importlib.metadata
import json
import sys

import numpy as np
from mpe2 import simple_spread_v3


def digits(x):
    return [float(f"{v:.9g}") for v in np.asarray(x, dtype=float).ravel()]


def played(env, actions):
    """Plays one cycle and returns observations and rewards of all agents."""
    obs, reward, _, ended, _ = env.step({f"agent_{i}": int(a) for i, a in enumerate(actions)})
    return obs, reward, all(ended.values())


def flat(by_agent):
    return np.concatenate([np.atleast_1d(by_agent[k]) for k in sorted(by_agent, key=lambda k: int(k[6:]))])


def trajectory(seed, agents, ratio, cycles, width):
    rng = np.random.default_rng(seed)
    env = simple_spread_v3.parallel_env(N=agents, local_ratio=ratio, max_cycles=cycles, continuous_actions=False)
    env.reset(seed=seed)
    world = env.unwrapped.world
    for list_, size in ((world.agents, width), (world.landmarks, 1)):
        for e in list_:
            e.state.p_pos = rng.uniform(-size, size, 2).astype(np.float32).astype(float)
    start = flat({a: env.unwrapped.observe(a) for a in env.agents})
    out = {
        "agents": agents, "local_ratio": ratio, "max_cycles": cycles,
        "pos": digits([a.state.p_pos for a in world.agents]), "marks": digits([l.state.p_pos for l in world.landmarks]),
        "first_obs": digits(start), "cycles": [],
    }
    for t in range(cycles):
        actions = rng.integers(5, size=agents)
        obs, reward, ended = played(env, actions)
        out["cycles"].append({
            "actions": actions.tolist(), "pos": digits([a.state.p_pos for a in world.agents]),
            "vel": digits([a.state.p_vel for a in world.agents]), "reward": digits(flat(reward)),
        })
        assert ended == (t == cycles - 1)
    out["last_obs"] = digits(flat(obs))
    return out


def figure(name, choose, episodes):
    env = simple_spread_v3.parallel_env(N=3, local_ratio=0.5, max_cycles=25, continuous_actions=False)
    returns = []
    for e in range(episodes):
        env.reset(seed=e)
        total = 0.0
        for _ in range(25):
            _, reward, _ = played(env, choose())
            total += sum(reward.values()) / 3
        returns.append(total)
    return {"policy": name, "episodes": episodes, "mean": np.mean(returns), "standard_error": np.std(returns, ddof=1) / np.sqrt(episodes)}


rng = np.random.default_rng(7)
json.dump({
    "generator": "python golden.py > golden.json",
    "source": "mpe2 " + importlib.metadata.version("mpe2") + ", numpy " + np.__version__,
    "trajectories": [trajectory(1, 3, 0.5, 25, 1), trajectory(2, 3, 0.5, 25, 0.3), trajectory(3, 5, 0.2, 12, 0.4), trajectory(4, 2, 1.0, 8, 0.2)],
    "figures": [figure("random", lambda: rng.integers(5, size=3), 4000), figure("still", lambda: [0, 0, 0], 4000)],
}, sys.stdout, indent=1)
print()
