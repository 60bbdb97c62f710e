"""The parts of an arrival trace."""

import copy

import gmel
import numpy as np
import pytest

HEADER = "slot,ied,model,data_mbit,gcycles,deadline_s\n"


@pytest.fixture
def scenario(tmp_path):
    """A trace of 40 slots. The data of slot s are (200 + s) / 100 Mbit."""
    rows = [f"{s},0,small,{(200 + s) / 100},1.1,1.5\n" for s in range(40)]
    (tmp_path / "long.csv").write_text(HEADER + "".join(rows))
    window = {"start": "random", "held_out": 0.5}
    arrivals = {"process": "trace", "trace_file": tmp_path / "long.csv", "queue": 1, "window": window}
    return {"ieds": 1, "time": {"slots": 4}, "tasks": {"arrivals": arrivals}}


def played_slots(worlds, slots=400):
    """The slots of the trace that the worlds play."""
    seen = set()
    for _ in range(slots):
        worlds.play("local")
        seen |= set(np.rint(worlds.tasks["data_bits"] / 1e4 - 200).astype(int)[worlds.had_task])
    return seen


def test_training_and_evaluation_play_other_slots(scenario):
    assert played_slots(gmel.Worlds(scenario, record_tasks=True)) == set(range(20))
    assert played_slots(gmel.Worlds(scenario, record_tasks=True, part="evaluation")) == set(range(20, 40))


def test_a_copy_plays_its_part(scenario):
    worlds = gmel.Worlds(scenario, 3, part="evaluation")
    worlds.play("local", 7)
    other = copy.deepcopy(worlds)
    for w in (worlds, other):
        w.play("local", 20)
    assert np.array_equal(worlds.obs, other.obs)


def test_environments_have_parts(scenario):
    for part in ("training", "evaluation"):
        worlds = gmel.Worlds(scenario, seed=5, part=part)
        env = gmel.ParallelEnv(scenario, part=part)
        observations, _ = env.reset(seed=5)
        assert np.array_equal(observations["ied_0"]["observation"], worlds.obs[0, 0])
        obs, _ = gmel.VectorEnv(scenario, 1, part=part).reset(seed=5)
        assert np.array_equal(obs, worlds.obs)


def test_without_a_part_that_is_held_out_both_are_the_same():
    a, b = gmel.Worlds("paper"), gmel.Worlds("paper", part="evaluation")
    assert np.array_equal(a.obs, b.obs)


@pytest.mark.parametrize("part", ["test", None, 1])
def test_other_parts_are_refused(part):
    with pytest.raises(gmel.Error, match=f"^gmel: part {part!r} is not allowed; allowed: training, evaluation$"):
        gmel.Worlds(part=part)
