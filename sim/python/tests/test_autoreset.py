"""Tests ends of episodes: Gymnasium's autoreset modes, its vector wrappers, resets of some worlds."""

import gymnasium.wrappers.vector as wrappers
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import gmel

SHORT = {"ieds": 6, "time": {"slots": 5}}
LOCAL = np.zeros((3, 6), int)
FIRST = np.array([True, False, False])


def make(mode, **options):
    env = gmel.VectorEnv(SHORT, 3, seed=2, autoreset_mode=mode, **options)
    env.reset(seed=4)
    return env


@pytest.mark.parametrize("copy", [True, False])
def test_next_step_shows_the_end_and_then_the_next_episode(copy):
    env, worlds = make(AutoresetMode.NEXT_STEP, copy=copy), gmel.Worlds(SHORT, 3, seed=4)
    assert env.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    for step in range(13):
        last, first = step % 6 == 4, step % 6 == 5
        if not first:
            worlds.step(LOCAL)
        obs, reward, terminated, truncated, infos = env.step(LOCAL + 9 * first)  # the step of a reset reads no actions
        assert np.array_equal(obs, worlds.final_obs if last else worlds.obs)
        assert np.array_equal(infos["action_mask"], worlds.final_mask if last else worlds.mask)
        assert np.allclose(reward, 0 if first else worlds.reward.mean(axis=1))
        assert np.array_equal(infos["had_task"], np.zeros((3, 6), bool) if first else worlds.had_task)
        assert (truncated == last).all()
        assert not terminated.any()
        assert "final_obs" not in infos


def test_next_step_resets_each_world_in_its_own_time():
    env, worlds = make("NextStep"), gmel.Worlds(SHORT, 3, seed=4)
    env.step(LOCAL)
    env.reset(options={"reset_mask": FIRST})
    worlds.step(LOCAL)
    worlds.restart(FIRST)
    showing_end = np.zeros(3, bool)
    for _ in range(25):
        begins, showing_end = showing_end, None
        worlds.step(LOCAL, ~begins)
        obs, reward, _, truncated, infos = env.step(LOCAL)
        showing_end = worlds.truncated.copy()
        assert np.array_equal(truncated, showing_end)
        assert not (begins & truncated).any()
        assert not reward[begins].any()
        assert np.array_equal(obs[showing_end], worlds.final_obs[showing_end])
        assert np.array_equal(obs[~showing_end], worlds.obs[~showing_end])
        assert np.array_equal(infos["action_mask"][~showing_end], worlds.mask[~showing_end])
    assert len(set(map(bytes, worlds.obs))) == 3


def test_disabled_waits_for_a_reset():
    env, worlds = make("Disabled"), gmel.Worlds(SHORT, 3, seed=4)
    for _ in range(5):
        worlds.step(LOCAL)
        obs, _, _, truncated, infos = env.step(LOCAL)
    assert truncated.all()
    assert np.array_equal(obs, worlds.final_obs)
    assert np.array_equal(infos["action_mask"], worlds.final_mask)
    with pytest.raises(gmel.Error, match="^gmel: the episode of world 0 is over; call reset.options="):
        env.step(LOCAL)
    obs, infos = env.reset(options={"reset_mask": FIRST})
    assert np.array_equal(obs[0], worlds.obs[0])
    assert np.array_equal(obs[1:], worlds.final_obs[1:])
    assert np.array_equal(infos["action_mask"][1:], worlds.final_mask[1:])
    with pytest.raises(gmel.Error, match="^gmel: the episode of world 1 is over"):
        env.step(LOCAL)
    obs, _ = env.reset(options={"reset_mask": ~FIRST})
    assert np.array_equal(obs, worlds.obs)
    worlds.step(LOCAL)
    assert np.array_equal(env.step(LOCAL)[0], worlds.obs)


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_reset_mask_resets_those_worlds_only(mode):
    env, natural = make(mode), gmel.Worlds(SHORT, 3, seed=4)
    before, *_ = env.step(LOCAL)
    natural.play("local", 5)
    options = {"reset_mask": FIRST}
    obs, infos = env.reset(options=options)
    assert options == {"reset_mask": FIRST}
    assert np.array_equal(obs[1:], before[1:])
    assert np.array_equal(obs[0], natural.obs[0])  # the next episode, as at the time limit
    assert np.array_equal(infos["action_mask"][0], natural.mask[0])
    truncated = [env.step(LOCAL)[3].tolist() for _ in range(4)]
    assert truncated[:3] == 3 * [[False] * 3]
    assert truncated[3] == [False, True, True]


def test_resets_of_some_worlds_are_checked():
    env = make("SameStep")
    for mask in (FIRST[:2], FIRST.astype(int), [True, False]):
        with pytest.raises(gmel.Error, match=r"^gmel: reset_mask of shape .* allowed: \(3,\), bool$"):
            env.reset(options={"reset_mask": mask})
    with pytest.raises(gmel.Error, match="^gmel: a seed and a reset_mask are not allowed together"):
        env.reset(seed=1, options={"reset_mask": FIRST})
    with pytest.raises(gmel.Error, match=r'allowed: "NextStep", "SameStep", "Disabled"$'):
        make("never")
    with pytest.raises(gmel.Error, match=r"^gmel: chosen of shape \(2,\)"):
        env.worlds.step(LOCAL, FIRST[:2])


WRAPPERS = {
    "NormalizeObservation": wrappers.NormalizeObservation,
    "FlattenObservation": wrappers.FlattenObservation,
    "TransformObservation": lambda env: wrappers.TransformObservation(env, lambda obs: obs * 2),
    "DtypeObservation": lambda env: wrappers.DtypeObservation(env, np.float64),
    "NormalizeReward": wrappers.NormalizeReward,
    "ClipReward": lambda env: wrappers.ClipReward(env, -1, 0),
    "DictInfoToList": wrappers.DictInfoToList,
}


WRAPPED = [(wrap, mode) for wrap in WRAPPERS for mode in (AutoresetMode.NEXT_STEP, AutoresetMode.DISABLED)]
WRAPPED.remove(("NormalizeObservation", AutoresetMode.DISABLED))  # which Gymnasium refuses


@pytest.mark.filterwarnings("ignore:.*infinity")
@pytest.mark.parametrize(("wrap", "mode"), WRAPPED)
def test_wrappers_of_gymnasium_play(wrap, mode):
    env = WRAPPERS[wrap](gmel.VectorEnv(SHORT, 3, illegal="local", autoreset_mode=mode))
    obs, _ = env.reset(seed=1)
    for _ in range(13):
        assert obs in env.observation_space
        obs, reward, _, truncated, _ = env.step(env.action_space.sample())
        assert np.isfinite(obs).all()
        assert np.isfinite(reward).all()
        if mode is AutoresetMode.DISABLED and truncated.any():
            obs, _ = env.reset(options={"reset_mask": truncated})


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_statistics_count_the_slots_of_each_episode(mode):
    env = wrappers.RecordEpisodeStatistics(gmel.VectorEnv(SHORT, 3, autoreset_mode=mode))
    env.reset(seed=4)
    worlds, episodes, returns = gmel.Worlds(SHORT, 3, seed=4), [], np.zeros(3)
    while len(episodes) < 3:
        _, _, _, truncated, infos = env.step(LOCAL)
        if truncated.any():
            episodes.append(infos["episode"]["r"])
            assert (infos["episode"]["l"] == 5).all()
            if mode is AutoresetMode.DISABLED:
                env.reset(options={"reset_mask": truncated})
    for recorded in episodes:
        returns[:] = 0
        for _ in range(5):
            worlds.step(LOCAL)
            returns += worlds.reward.mean(axis=1)
        np.testing.assert_allclose(recorded, returns, rtol=1e-6)


def test_the_state_at_the_end_is_that_of_the_episode():
    """As in an episode that goes on: its observations do not depend on the time limit."""
    short, long = (
        gmel.ParallelEnv({"ieds": 6, "time": {"slots": slots}}, illegal="local") for slots in (5, 6)
    )
    for env in (short, long):
        env.reset(seed=3)
    for _ in range(5):
        for env in (short, long):
            observations, *_ = env.step(dict.fromkeys(env.agents, 0))
        assert np.array_equal(short.state(), long.state())
        assert short.state() in short.state_space
    assert short.agents == []
    assert np.array_equal(short.state(), [o["observation"] for o in observations.values()])
    short.reset(seed=3)
    long.reset(seed=3)
    assert np.array_equal(short.state(), long.state())
