"""Tests that copies of worlds and environments are independent, here and in other processes."""

import copy
import gc
import multiprocessing
import pickle

import cloudpickle
import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence

import gmel
from gmel import _library

SHORT = {"ieds": 6, "time": {"slots": 5}}

MAKERS = {
    "Worlds": lambda: gmel.Worlds(SHORT, 2, seed=3, record_tasks=True),
    "Worlds of a preset, other engine": lambda: gmel.Worlds("paper", 2, seed=3, engine="go", threads=2, copy=True),
    "ParallelEnv": lambda: gmel.ParallelEnv(SHORT, seed=3, illegal="local"),
    "VectorEnv": lambda: gmel.VectorEnv(SHORT, 2, seed=3, copy=False),
    "VectorEnv that resets later": lambda: gmel.VectorEnv(SHORT, 2, seed=3, autoreset_mode="NextStep"),
}

COPIERS = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda env: pickle.loads(pickle.dumps(env)),
    "cloudpickle": lambda env: cloudpickle.loads(cloudpickle.dumps(env)),
}


def step(env):
    """Plays one slot and returns what the environment shows."""
    if isinstance(env, gmel.ParallelEnv):
        if not env.agents:
            return [env.reset(), env.state()]
        played = env.step(dict.fromkeys(env.agents, 0))
        return [played, env.state()]
    if isinstance(env, gmel.VectorEnv):
        return list(copy.deepcopy(env.step(np.zeros((2, 6), int))))
    env.play("random")
    outcomes = {name: array.copy() for name, array in env.tasks.items()} if env._settings["record_tasks"] else {}
    return [env.obs.copy(), env.mask.copy(), env.reward.copy(), env.truncated.copy(), outcomes]


def steps(env, n):
    return [step(env) for _ in range(n)]


def steps_of(pickled, n):
    return steps(pickle.loads(pickled), n)


@pytest.fixture(params=MAKERS, ids=str)
def env(request):
    """An environment in the middle of a game."""
    made = MAKERS[request.param]()
    if not isinstance(made, gmel.Worlds):
        made.reset()
    steps(made, 5)
    return made


def same(a, b):
    return len(a) == len(b) and all(data_equivalence(x, y) for x, y in zip(a, b))


@pytest.mark.parametrize("copier", COPIERS.values(), ids=COPIERS)
def test_a_copy_continues_alone_from_the_same_state(env, copier):
    other, late = copier(env), copier(env)
    assert type(other) is type(env)
    expected = steps(env, 8)
    assert not same(expected[:1], expected[1:2])
    assert same(steps(other, 8), expected)
    del env
    gc.collect()
    assert same(steps(late, 8), expected)  # neither the steps nor the end of the original moved it
    again = copier(late)
    assert same(steps(again, 3), steps(late, 3))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_copy_continues_in_another_process(env, method):
    with multiprocessing.get_context(method).Pool(1) as pool:
        played = pool.apply_async(steps_of, (pickle.dumps(env), 8)).get(timeout=120)
        assert same(steps(env, 8), played)


def test_a_copy_of_closed_worlds_is_closed():
    worlds = gmel.Worlds(SHORT)
    worlds.close()
    other = pickle.loads(pickle.dumps(worlds))
    assert other.closed
    with pytest.raises(gmel.Error, match="closed"):
        other.reset()


def test_a_copy_keeps_the_seed_and_the_attributes():
    class Mine(gmel.Worlds):
        pass

    worlds = Mine(SHORT, seed=1)
    worlds.note = ["mine"]
    worlds.reset(9)
    other = copy.deepcopy(worlds)
    assert type(other) is Mine
    assert other.note == ["mine"]
    assert other.note is not worlds.note
    other.play("local", 2)
    other.reset()
    assert np.array_equal(other.obs, worlds.obs)


def test_a_copy_finds_its_trace_from_another_folder(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text("slot,ied,model,data_mbit,gcycles,deadline_s\n1,0,small,2.5,1.1,1.5\n")
    monkeypatch.chdir(tmp_path)
    arrivals = {"process": "trace", "trace_file": "a.csv", "queue": 2}
    worlds = gmel.Worlds({"ieds": 2, "time": {"slots": 6}, "tasks": {"arrivals": arrivals}})
    monkeypatch.chdir("/")
    other = copy.copy(worlds)
    for w in (worlds, other):
        w.play("local", 2)
    assert worlds.had_task.any()
    assert np.array_equal(worlds.reward, other.reward)
    (tmp_path / "a.csv").unlink()
    with pytest.raises(gmel.Error, match="^sim: scenario:[0-9]+: tasks.arrivals.trace_file: there is no file /.*a.csv$"):
        copy.copy(worlds)


def test_a_handle_of_no_worlds_is_an_error():
    worlds = gmel.Worlds(SHORT)
    handle = worlds._open
    with pytest.raises(gmel.Error, match="^gmel: a handle cannot be copied; copy the worlds$"):
        copy.copy(handle)
    library, foreign = _library.library(), handle._owner.handle.value ^ 2
    for call in (
        lambda: library.gmel_reset(foreign, 1),
        lambda: library.gmel_step(1, np.zeros(6, np.int32).ctypes, 6, None),
        lambda: library.gmel_close(0),
    ):
        with pytest.raises(gmel.Error, match="^gmel: the handle belongs to no worlds of this process, or they are"):
            _library.check(library, call())


def test_a_state_is_checked():
    handle = gmel.Worlds(SHORT)._open
    state = bytearray(handle.save())
    state[100] ^= 1
    for wrong, sentence in (
        (b"", "^sim: these 0 bytes are not a state of worlds"),
        (bytes(state), "^sim: the state is damaged"),
        (gmel.Worlds(SHORT, 2)._open.save(), "^sim: the state has 2 worlds, but it is restored into 1"),
        (gmel.Worlds("paper")._open.save(), "^sim: the state belongs to scenario"),
    ):
        with pytest.raises(gmel.Error, match=sentence):
            handle.load(wrong)


def in_a_forked_process(function, *arguments):
    child = multiprocessing.get_context("fork").Process(target=function, args=arguments)
    child.start()
    child.join(60)
    assert child.exitcode == 0


def play_in_fork(depth, inherited, folder):
    if depth == 1:  # a child of this child, which has not used the environment yet
        in_a_forked_process(play_in_fork, 0, inherited, folder)
    other, fresh = copy.copy(inherited), gmel.Worlds(SHORT, 2, seed=3, record_tasks=True)
    played = steps(inherited, 8), steps(other, 8), steps(fresh, 5)
    (folder / f"played{depth}").write_bytes(pickle.dumps(played))
    if depth == 1:  # and one of the environment that this child has used
        in_a_forked_process(play_in_fork, 2, inherited, folder)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_continues_alone(env, tmp_path):
    fresh = gmel.Worlds(SHORT, 2, seed=3, record_tasks=True)
    in_a_forked_process(play_in_fork, 1, env, tmp_path)
    first, later, new = steps(env, 8), steps(env, 8), steps(fresh, 5)
    for depth, expected in ((1, first), (0, first), (2, later)):
        inherited, other, made = pickle.loads((tmp_path / f"played{depth}").read_bytes())
        assert same(inherited, expected)
        assert same(other, expected)
        assert same(made, new)


def refused(worlds, path):
    with pytest.raises(gmel.Error) as caught:
        worlds.reset()
    path.write_text(str(caught.value))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_amid_a_step_is_an_error(tmp_path):
    worlds = gmel.Worlds(SHORT)
    worlds._open._running.append(None)  # as in a thread that steps
    in_a_forked_process(refused, worlds, tmp_path / "said")
    assert (tmp_path / "said").read_text().startswith("gmel: a thread stepped these worlds while the process was forked")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_that_cannot_open_the_library_is_told_to_spawn(monkeypatch, tmp_path):
    worlds = gmel.Worlds(SHORT)
    monkeypatch.setattr(_library, "_PATH", _library._PATH.with_name("gone.so"))
    in_a_forked_process(refused, worlds, tmp_path / "said")
    said = (tmp_path / "said").read_text()
    assert "cannot open the library again" in said
    assert '"spawn"' in said


class One(gymnasium.Env):
    """World 0 of a VectorEnv as a single environment."""

    def __init__(self, seed=None):
        self.vector = gmel.VectorEnv(SHORT, 1, seed=seed, illegal="local")
        self.observation_space = self.vector.single_observation_space
        self.action_space = self.vector.single_action_space

    def reset(self, *, seed=None, options=None):
        return self.vector.reset(seed=seed)[0][0], {}

    def step(self, action):
        obs, reward, terminated, truncated, _ = self.vector.step(action[None])
        return obs[0], float(reward[0]), bool(terminated[0]), bool(truncated[0]), {}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("context", [None, "fork", "spawn"])
def test_gymnasium_plays_in_processes(context):
    gmel.Worlds(SHORT)  # the library is open before the workers are forked
    here = gymnasium.vector.SyncVectorEnv([One] * 2)
    there = gymnasium.vector.AsyncVectorEnv([One] * 2, context=context)
    try:
        assert np.array_equal(here.reset(seed=4)[0], there.reset(seed=4)[0])
        for _ in range(7):
            actions = here.action_space.sample()
            assert data_equivalence(here.step(actions)[:4], there.step(actions)[:4])
    finally:
        there.close()


def test_workers_without_a_seed_play_different_episodes():
    for make in (lambda **seed: gmel.ParallelEnv(SHORT, **seed), lambda **seed: gmel.VectorEnv(SHORT, 2, **seed)):
        workers = [make() for _ in range(3)]
        first = [worker.reset()[0] for worker in workers]
        assert not any(data_equivalence(first[i], first[j]) for i, j in ((0, 1), (0, 2), (1, 2)))
        repeated = make(seed=workers[0].np_random_seed)
        assert data_equivalence(repeated.reset()[0], first[0])
