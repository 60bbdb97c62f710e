"""Tests the environments with the checkers of PettingZoo and Gymnasium, and against the raw worlds."""

import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env, data_equivalence
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers.vector import RecordEpisodeStatistics
from pettingzoo.test import parallel_api_test, parallel_seed_test

import gmel

SHORT = {"ieds": 6, "time": {"slots": 5}}


def masked(mask: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Random legal actions for masks [..., U]."""
    return np.where(mask > 0, random.random(mask.shape), -1).argmax(axis=-1)


def test_pettingzoo_checks_the_interface():
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # its warnings count as errors
        parallel_api_test(gmel.ParallelEnv(SHORT), num_cycles=50)


def test_pettingzoo_checks_the_seed():
    # The checker samples actions without masks.
    parallel_seed_test(lambda: gmel.ParallelEnv(SHORT, illegal="local"), num_cycles=20)


@pytest.mark.parametrize("copy", [True, False])
def test_parallel_env_plays_one_world(copy):
    env, worlds, random = gmel.ParallelEnv(SHORT, copy=copy), gmel.Worlds(SHORT, 1, seed=3), np.random.default_rng(1)
    observations, infos = env.reset(seed=3)
    for slot in range(5):
        assert list(observations) == list(infos) == env.agents == [f"ied_{i}" for i in range(6)]
        for i, agent in enumerate(env.agents):
            assert env.observation_space(agent).contains(observations[agent])
            assert np.array_equal(observations[agent]["observation"], worlds.obs[0, i])
            assert np.array_equal(observations[agent]["action_mask"], worlds.mask[0, i])
        assert np.array_equal(env.state(), worlds.obs[0])
        actions = masked(worlds.mask, random)
        worlds.step(actions)
        observations, rewards, terminated, truncated, infos = env.step(dict(zip(env.agents, actions[0].tolist())))
        assert list(rewards.values()) == worlds.reward[0].tolist()
        assert [info["had_task"] for info in infos.values()] == worlds.had_task[0].tolist()
        assert set(terminated.values()) == {False}
        assert set(truncated.values()) == {slot == 4}
    assert env.agents == []
    for i, observation in enumerate(observations.values()):  # the observation at the end, not that of the next episode
        assert np.array_equal(observation["observation"], worlds.final_obs[0, i])
        assert np.array_equal(observation["action_mask"], worlds.final_mask[0, i])
        assert not np.array_equal(observation["observation"], worlds.obs[0, i])
    with pytest.raises(gmel.Error, match="the episode is over; call reset"):
        env.step({})


def test_parallel_env_refuses():
    env = gmel.ParallelEnv(SHORT)
    observations, _ = env.reset(seed=1)
    legal = dict.fromkeys(env.agents, 0)
    with pytest.raises(
        gmel.Error, match="^gmel: ied_4 has no action or is no agent; allowed: one action for each of 6"
    ):
        env.step({agent: 0 for agent in env.agents if agent != "ied_4"})
    with pytest.raises(gmel.Error, match="^gmel: ied_9 has no action or is no agent"):
        env.step(legal | {"ied_9": 0})
    idle = next(agent for agent, o in observations.items() if o["action_mask"][1] == 0)
    with pytest.raises(gmel.Error, match=r"action 2 is illegal; allowed: 0 \(no task\)"):
        env.step(legal | {idle: 2})
    with pytest.raises(gmel.Error, match="render_mode 'human' is not allowed"):
        gmel.ParallelEnv(SHORT, render_mode="human")
    with pytest.raises(gmel.Error, match="illegal='ignore' is not allowed"):
        gmel.ParallelEnv(SHORT, illegal="ignore")
    env.close()
    with pytest.raises(gmel.Error, match="closed"):
        env.reset()


def test_resets_without_a_seed_differ_and_follow_from_the_last():
    for make in (lambda: gmel.ParallelEnv(SHORT, seed=5), lambda: gmel.VectorEnv(SHORT, 2, seed=5)):
        a, b = make(), make()
        first, second = a.reset()[0], a.reset()[0]
        assert not data_equivalence(first, second)
        assert data_equivalence([b.reset()[0], b.reset()[0]], [first, second])
        for env in (a, b):
            env.reset(seed=8)
        assert data_equivalence(a.reset()[0], b.reset()[0])


class One(gymnasium.Env):
    """A VectorEnv of one world as a single environment, which Gymnasium's checker needs."""

    def __init__(self):
        self.vector = gmel.VectorEnv(SHORT, 1, illegal="local")
        self.observation_space = self.vector.single_observation_space
        self.action_space = self.vector.single_action_space

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        obs, infos = self.vector.reset(seed=seed, options=options)
        return obs[0], {"action_mask": infos["action_mask"][0]}

    def step(self, action):
        obs, reward, terminated, truncated, infos = self.vector.step(action[None])
        return (
            obs[0],
            float(reward[0]),
            bool(terminated[0]),
            bool(truncated[0]),
            {"action_mask": infos["action_mask"][0]},
        )


def test_gymnasium_checks_a_sub_environment():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*(minimum|maximum) value is -?infinity")
        check_env(One(), skip_render_check=True)


@pytest.mark.parametrize("copy", [True, False])
def test_vector_env_plays_the_worlds(copy):
    env, worlds = gmel.VectorEnv(SHORT, 3, copy=copy, threads=2), gmel.Worlds(SHORT, 3, seed=6)
    random = np.random.default_rng(2)
    assert env.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    obs, infos = env.reset(seed=6)
    for slot in range(12):
        assert obs in env.observation_space
        assert np.array_equal(obs, worlds.obs)
        assert np.array_equal(infos["action_mask"], worlds.mask)
        assert np.shares_memory(obs, env.worlds._arrays["obs"]) != copy
        actions = masked(infos["action_mask"], random)
        assert actions in env.action_space
        worlds.step(actions)
        obs, reward, terminated, truncated, infos = env.step(actions)
        np.testing.assert_allclose(reward, worlds.reward.mean(axis=1), rtol=1e-6)
        assert np.array_equal(infos["agent_reward"], worlds.reward)
        assert np.array_equal(infos["had_task"], worlds.had_task)
        assert not terminated.any()
        assert (truncated == (slot % 5 == 4)).all()
        assert ("final_obs" in infos) == truncated.all()
        if truncated.any():
            assert infos["_final_obs"].all()
            assert all(np.array_equal(infos["final_obs"][i], worlds.final_obs[i]) for i in range(3))
            assert np.array_equal(infos["final_info"]["action_mask"], worlds.final_mask)
            assert not np.array_equal(obs, worlds.final_obs)


def test_the_space_of_one_sub_environment_samples_with_its_mask():
    env = gmel.VectorEnv(SHORT, 2)
    _, infos = env.reset(seed=1)
    for _ in range(7):
        actions = [env.single_action_space.sample(mask=tuple(mask)) for mask in infos["action_mask"]]
        _, _, _, _, infos = env.step(np.array(actions))


def test_vector_env_refuses_or_mends():
    env = gmel.VectorEnv(SHORT, 2)
    _, infos = env.reset(seed=1)
    actions = np.ones((2, 6), int)  # some agents have no task
    with pytest.raises(gmel.Error, match="action 1 is illegal"):
        env.step(actions)
    mended = gmel.VectorEnv(SHORT, 2, illegal="local")
    mended.reset(seed=1)
    expected = env.step(actions * infos["action_mask"][:, :, 1])
    assert data_equivalence(mended.step(actions), expected)
    mended.step(np.full((2, 6), 99))
    with pytest.raises(gmel.Error, match=r"actions of shape \(2, 5\)"):
        mended.step(np.ones((2, 5), int))
    env.close()
    with pytest.raises(gmel.Error, match="closed"):
        env.step(actions)


def test_statistics_of_gymnasium_see_the_ends():
    env = RecordEpisodeStatistics(gmel.VectorEnv(SHORT, 2))
    _, infos = env.reset(seed=1)
    returns = np.zeros(2)
    for _ in range(5):
        _, reward, _, _, infos = env.step(masked(infos["action_mask"], np.random.default_rng(3)))
        returns += reward
    np.testing.assert_allclose(infos["episode"]["r"], returns, rtol=1e-6)
    assert (infos["episode"]["l"] == 5).all()


def test_return_is_the_reward_of_the_report():
    """The sum over slots, mean over agents, as gmel simulate reports it."""
    env, worlds = gmel.VectorEnv("paper", 1), gmel.Worlds("paper", 1, seed=2)
    env.reset(seed=2)
    total, rewards = 0.0, np.zeros(30)
    for _ in range(100):
        total += env.step(np.zeros((1, 30), int))[1][0]
        worlds.play("local")
        rewards += worlds.reward[0]
    assert total == pytest.approx(rewards.mean())
