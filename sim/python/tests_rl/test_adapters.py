"""Tests the adapters with TorchRL and PufferLib themselves, against the raw worlds."""

import pathlib
import re

import numpy as np
import pufferlib.vector
import pytest
import torch
from torchrl.envs.utils import check_env_specs

import gmel
import gmel.pufferlib
import gmel.torchrl

SHORT = {"ieds": 6, "time": {"slots": 5}}


def test_torchrl_checks_the_specs():
    for mode in (True, False, "both"):
        check_env_specs(gmel.torchrl.Env(SHORT, 3), break_when_any_done=mode, seed=1)


def test_torchrl_plays_the_worlds():
    env, worlds = gmel.torchrl.Env(SHORT, 3, seed=4), gmel.Worlds(SHORT, 3, seed=4)
    played = env.rollout(12, break_when_any_done=False)
    assert played.batch_size == (3, 12)
    for slot in range(12):
        now, after = played[:, slot], played[:, slot]["next"]
        assert np.array_equal(now["agents", "observation"], worlds.obs)
        assert np.array_equal(now["agents", "action_mask"], worlds.mask > 0)
        worlds.step(now["agents", "action"].numpy())
        assert np.array_equal(after["agents", "reward"][..., 0], worlds.reward)
        assert np.array_equal(after["truncated"][:, 0], worlds.truncated)
        assert np.array_equal(after["done"], after["truncated"])
        assert not after["terminated"].any()
        end = worlds.truncated.all()
        assert end == (slot % 5 == 4)
        assert np.array_equal(after["agents", "observation"], worlds.final_obs if end else worlds.obs)


def test_torchrl_resets_some_worlds_and_takes_a_seed():
    env, worlds = gmel.torchrl.Env(SHORT, 3), gmel.Worlds(SHORT, 3, seed=9)
    env.set_seed(9)
    first = env.reset()
    assert np.array_equal(first["agents", "observation"], worlds.obs)
    kept = first["agents", "observation"].clone()
    after = env.rand_step(first)["next"]
    assert torch.equal(first["agents", "observation"], kept)  # it is no view of the worlds
    some = torch.tensor([[True], [False], [False]])
    seen = env.reset(after.clone().update({"_reset": some}))["agents", "observation"]
    assert not torch.equal(seen[0], after["agents", "observation"][0])
    assert torch.equal(seen[1:], after["agents", "observation"][1:])
    assert not torch.equal(env.reset()["agents", "observation"], kept)
    env.close()


@pytest.mark.parametrize("backend", ["PufferEnv", "Serial", "Multiprocessing"])
def test_pufferlib_plays_the_worlds(backend):
    many = {} if backend == "PufferEnv" else {"num_envs": 2}
    if backend == "Multiprocessing":
        many |= {"num_workers": 2, "overwork": True}
    envs = pufferlib.vector.make(
        gmel.pufferlib.Env,
        env_kwargs={"scenario": SHORT, "num_worlds": 3},
        backend=pufferlib.PufferEnv if backend == "PufferEnv" else getattr(pufferlib.vector, backend),
        **many,
    )
    number = many.get("num_envs", 1)
    worlds = [gmel.Worlds(SHORT, 3, seed=7 + i) for i in range(number)]
    obs, _ = envs.reset(seed=7)
    random = np.random.default_rng(3)
    for slot in range(12):
        expected = np.concatenate([np.concatenate([w.obs, w.mask], axis=2).reshape(18, -1) for w in worlds])
        assert np.array_equal(obs, expected)
        assert obs in envs.observation_space
        actions = random.integers(worlds[0].num_actions, size=18 * number)
        for i, w in enumerate(worlds):
            given = actions[18 * i : 18 * (i + 1)].reshape(3, 6)
            w.step(np.where(np.take_along_axis(w.mask, given[..., None], 2)[..., 0] > 0, given, 0))
        obs, rewards, terminals, truncations, infos = envs.step(actions)
        assert np.array_equal(rewards, np.concatenate([w.reward.reshape(-1) for w in worlds]))
        assert not terminals.any()
        assert (truncations == (slot % 5 == 4)).all()
        assert len(infos) == number * (slot % 5 == 4)
        assert all(info["episode_length"] == 5 for info in infos)
    envs.close()


def test_pufferlib_reports_returns():
    env, total = gmel.pufferlib.Env(SHORT, 3, seed=2), 0.0
    env.reset(seed=2)
    for _ in range(5):
        *_, infos = env.step(np.zeros(18, int))
        total += env.rewards.mean()
    assert infos[0]["episode_return"] == pytest.approx(total)
    with pytest.raises(gmel.Error, match="illegal='ignore' is not allowed"):
        gmel.pufferlib.Env(SHORT, illegal="ignore")
    env.close()
    with pytest.raises(gmel.Error, match="closed"):
        env.reset()


@pytest.mark.parametrize("library", ["TorchRL", "PufferLib"])
def test_the_examples_of_the_page_run(library):
    page = (pathlib.Path(__file__).parents[3] / "docs" / "python.md").read_text()
    code = re.search(rf"\n## {library}\n.*?```python\n(.*?)\n```\n", page, re.DOTALL)[1]
    exec(compile(code, library, "exec"), {})
