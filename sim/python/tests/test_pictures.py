"""Pictures of the environments, in the terms of Gymnasium and PettingZoo."""

import pickle

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import gmel

SHORT = {"ieds": 6, "time": {"slots": 3}}
LOCAL = np.zeros((2, 6), int)


def parallel(**options):
    env = gmel.ParallelEnv(SHORT, render_mode="rgb_array", **options)
    env.reset(seed=3)
    return env


def test_parallel_env_draws_the_slot_of_the_last_step():
    env, plain = parallel(), gmel.ParallelEnv(SHORT)
    plain.reset(seed=3)
    assert env.metadata["render_modes"] == ["rgb_array"]
    assert env.metadata["render_fps"] > 0
    pictures = [env.render()]
    for _ in range(3):
        drawn, bare = (e.step(dict.fromkeys(e.agents, 0)) for e in (env, plain))
        assert drawn[1] == bare[1]
        pictures.append(env.render())
    for picture in pictures:
        assert picture.dtype == np.uint8
        assert picture.shape == pictures[0].shape
        assert picture.shape[2] == 3
        assert picture[0, 0].tolist() == [255, 255, 255]
    assert not any(np.array_equal(a, b) for i, a in enumerate(pictures) for b in pictures[:i])
    pictures[0][:] = 0  # it belongs to the caller
    assert env.render().any()
    assert not hasattr(env.worlds, "task_model")
    with pytest.raises(gmel.Error, match="do not record tasks"):
        _ = env.worlds.tasks


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_vector_env_draws_every_world(mode):
    env = gmel.VectorEnv(SHORT, 2, autoreset_mode=mode, render_mode="rgb_array")
    assert env.metadata["render_modes"] == ["rgb_array"]
    assert env.metadata["autoreset_mode"] is mode
    env.reset(seed=3)
    begin = env.render()
    assert isinstance(begin, tuple)
    assert len(begin) == 2
    assert not np.array_equal(*begin)
    for _ in range(3):
        truncated = env.step(LOCAL)[3]
    end = env.render()
    assert truncated.all()
    if mode is AutoresetMode.DISABLED:
        env.reset(options={"reset_mask": np.array([True, False])})
        assert not np.array_equal(env.render()[0], end[0])
        assert np.array_equal(env.render()[1], end[1])
    else:
        env.step(LOCAL)
        assert not np.array_equal(env.render()[0], end[0])
    env.reset(seed=3)
    assert all(map(np.array_equal, env.render(), begin))


def test_a_copy_goes_on_drawing():
    env = parallel()
    other = pickle.loads(pickle.dumps(env))
    for e in (env, other):
        e.step(dict.fromkeys(e.agents, 0))
    assert np.array_equal(env.render(), other.render())


def test_pictures_are_refused_or_missing():
    for make in (gmel.ParallelEnv, gmel.VectorEnv):
        for mode in ("human", "ansi", "rgb_array_list", 1):
            with pytest.raises(gmel.Error, match=f'render_mode {mode!r} is not allowed; allowed: None, "rgb_array"'):
                make(SHORT, render_mode=mode)
        env = make(SHORT)
        with pytest.warns(UserWarning, match="no picture without render_mode"):
            assert env.render() is None
        assert env.render_mode is None
    worlds = gmel.Worlds(SHORT, 2, pictures=True)
    with pytest.raises(gmel.Error, match="world 2 is not allowed"):
        worlds.picture(2)
    with pytest.raises(gmel.Error, match="pictures=True"):
        gmel.Worlds(SHORT).picture()
    env = parallel()
    env.close()
    with pytest.raises(gmel.Error, match="closed"):
        env.render()
