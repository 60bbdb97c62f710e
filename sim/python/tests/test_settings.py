"""Tests what scenarios and seeds may be, and that native calls answer signals."""

import pathlib
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

import gmel
from gmel import _handle


def test_numbers_of_numpy_are_settings():
    plain = {"ieds": 6, "hall": {"width_m": 50.5}, "compute": {"server_gpus": [2, 1]}, "observation": {"load_times": True}}
    numpy = {
        "ieds": np.int64(6),
        "hall": {"width_m": np.float64(50.5)},
        "compute": {"server_gpus": np.array([2, 1])},
        "observation": {"load_times": np.True_},
    }
    worlds = gmel.Worlds(numpy, np.int32(2), seed=np.uint64(2**64 - 1), threads=np.int8(1))
    assert worlds.scenario == gmel.Worlds(plain).scenario
    for env in (gmel.ParallelEnv(numpy, seed=np.int64(3)), gmel.VectorEnv(numpy, np.int64(2), seed=np.int64(3))):
        env.reset(seed=np.int64(4))


@pytest.mark.parametrize(
    ("scenario", "sentence"),
    [
        ({"hall": {"width_m": float("nan")}}, "scenario.hall.width_m: nan is not allowed; allowed: a finite number"),
        ({"compute": {"server_gpus": [1, np.inf]}}, "scenario.compute.server_gpus[1]: inf is not allowed"),
        ({"ieds": 6j}, "scenario.ieds: 6j of type complex is not allowed; allowed: a number"),
        ({"ieds": {1}}, "scenario.ieds: {1} of type set is not allowed"),
        ({3: 1}, "scenario: key 3 is not allowed; allowed: the name of a setting"),
        (b"paper", "scenario b'paper' is not allowed; allowed: a preset, a path"),
        (None, "scenario None is not allowed"),
        ("paper\0", "scenario 'paper\\x00' is not allowed"),
        (pathlib.Path("/no: such"), "scenario: there is no file /no: such"),
    ],
)
def test_a_setting_that_is_none_is_named(scenario, sentence):
    with pytest.raises(gmel.Error) as caught:
        gmel.Worlds(scenario)
    assert str(caught.value).startswith("gmel: " + sentence)


def test_a_path_may_look_like_yaml(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a: b {c}"
    path.write_text("ieds: 7\n")
    for scenario in (path, str(path), path.name, pathlib.Path(path.name)):
        assert gmel.Worlds(scenario).num_agents == 7


def test_a_file_is_looked_up_where_it_is_named(tmp_path, monkeypatch):
    """In a scenario file a name is relative to the file; in a mapping or a text, to the working folder."""
    text = "ieds: 2\ntime: {slots: 6}\ntasks: {arrivals: {process: trace, trace_file: a.csv, queue: 2}}\n"
    for name, slot in (("there", 1), ("here", 2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "s.yaml").write_text(text)
        (tmp_path / name / "a.csv").write_text(
            f"slot,ied,model,data_mbit,gcycles,deadline_s\n{slot},0,small,2.5,1.1,1.5\n"
        )
    monkeypatch.chdir(tmp_path / "here")
    arrivals = {"process": "trace", "trace_file": pathlib.Path("a.csv"), "queue": 2}
    mapping = {"ieds": 2, "time": {"slots": 6}, "tasks": {"arrivals": arrivals}}
    there = tmp_path / "there" / "s.yaml"
    for scenario, slot in ((there, 1), (str(there), 1), ("../there/s.yaml", 1), ("s.yaml", 2), (text, 2), (mapping, 2)):
        worlds = gmel.Worlds(scenario)
        worlds.play("local", slot)
        assert not worlds.had_task.any()
        worlds.play("local", 1)
        assert worlds.had_task.any()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(gmel.Error, match="^sim: scenario:3: tasks.arrivals.trace_file: there is no file /.*/a.csv$"):
        gmel.Worlds(text)


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5, "1"])
def test_a_seed_that_is_none_is_an_error(seed):
    envs = (gmel.ParallelEnv({"ieds": 6}, seed=1), gmel.VectorEnv({"ieds": 6}, 2, seed=1))
    for use in (gmel.ParallelEnv, gmel.VectorEnv, *(env.reset for env in envs)):
        with pytest.raises(gmel.Error, match="^gmel: seed .* is not allowed; allowed: a whole number from 0"):
            use(seed=seed)


def test_a_name_that_is_none_is_an_error():
    with pytest.raises(gmel.Error, match="^gmel: engine 3 is not allowed"):
        gmel.Worlds(engine=3)
    with pytest.raises(gmel.Error, match="^gmel: policy None is not allowed"):
        gmel.Worlds().play(None)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer of Unix")
@pytest.mark.parametrize("long", [_handle._LONG, 0], ids=["short", "long"])
def test_a_signal_ends_a_play(long, monkeypatch):
    """Without an end of its own, at 300 years of slots."""
    monkeypatch.setattr(_handle, "_LONG", long)
    worlds, alone = (gmel.Worlds("paper", 4, seed=2) for _ in range(2))

    class Stop(Exception):
        pass

    def stop(*_):
        raise Stop

    before = signal.signal(signal.SIGALRM, stop)
    try:
        with pytest.raises(Stop):
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            worlds.play("switch-aware", 2**31 - 1)
    finally:
        signal.signal(signal.SIGALRM, before)
    for w in (worlds, alone):  # the worlds are sound
        w.reset(5)
        w.play("random", 30)
    assert np.array_equal(worlds.obs, alone.obs)


def test_a_call_that_was_left_ends_before_the_next():
    left, ended, free = [], [], threading.Event()

    def stop(*_):
        raise TimeoutError

    def first():
        signal.pthread_kill(threading.main_thread().ident, signal.SIGALRM)
        free.wait()
        ended.append("first")

    before = signal.signal(signal.SIGALRM, stop)
    try:
        with pytest.raises(TimeoutError):
            _handle.interruptibly(first, left)
    finally:
        signal.signal(signal.SIGALRM, before)
    timer = threading.Timer(0.1, free.set)
    timer.start()
    _handle.interruptibly(lambda: ended.append("second"), left)
    timer.join()
    assert ended == ["first", "second"]


ENDLESS = """
import signal
import gmel
from gmel import _handle
_handle._LONG = 0
signal.signal(signal.SIGINT, signal.default_int_handler)  # also where the tests were started to ignore it
worlds = gmel.Worlds({"ieds": 300}, 64)
print("begun", flush=True)
worlds.play("switch-aware", 2**31 - 1)
"""


def test_ctrl_c_ends_a_process_in_a_play():
    with subprocess.Popen([sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            assert process.stdout.readline() == b"begun\n"
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=120)
        finally:
            process.kill()
    assert said.rstrip().endswith(b"KeyboardInterrupt")


def test_long_calls_play_the_same(monkeypatch):
    short = gmel.Worlds("paper", 4, seed=2)
    monkeypatch.setattr(_handle, "_LONG", 0)
    long = gmel.Worlds("paper", 4, seed=2)
    for w in (short, long):
        w.play("nearest", 10)
        w.step(np.zeros((4, 30), int))
    assert np.array_equal(short.obs, long.obs)
    with pytest.raises(gmel.Error, match="is illegal"):
        long.step(np.full((4, 30), 99))
