"""Masks where a server does not cover every agent."""

import copy

import numpy as np
import pytest

import gmel

# Two servers: agent 0 is in reach of the first, agent 1 of both, agent 2 of none. All have a task in every slot.
LONELY = {
    "ieds": 3,
    "servers": 2,
    "tasks": {"probability": 1},
    "hall": {
        "server_positions_m": [[50, 50], [100, 50]],
        "ied_positions_m": [[50, 60], [80, 50], [200, 50]],
        "coverage_m": [30, 40],
    },
}


def test_masks_follow_the_coverage():
    worlds = gmel.Worlds(LONELY, 2)
    for _ in range(3):
        assert worlds.mask.tolist() == [[[1, 1, 0], [1, 1, 1], [1, 0, 0]]] * 2
        worlds.play("random", 1)
    with pytest.raises(gmel.Error, match=r"world 1, IED 2: action 1 is illegal; allowed: 0 \(local\)$"):
        worlds.step(np.array([[0, 0, 0], [0, 0, 1]]))


def test_environments_mend_the_actions_of_missing_servers():
    env = gmel.ParallelEnv(LONELY, illegal="local")
    env.reset(seed=1)
    vector = gmel.VectorEnv(LONELY, 2, illegal="local")
    _, info = vector.reset(seed=1)
    assert info["action_mask"][1].tolist() == [[1, 1, 0], [1, 1, 1], [1, 0, 0]]
    strict = gmel.Worlds(LONELY, 2)
    strict.reset(seed=1)
    for _ in range(3):
        assert env.step({agent: 2 for agent in env.agents})[0]["ied_2"]["action_mask"].tolist() == [1, 0, 0]
        reward = vector.step(np.full((2, 3), 2))[4]["agent_reward"]
        strict.step(np.array([[0, 2, 0]] * 2))
        assert np.array_equal(reward, strict.reward)


def test_a_copy_finds_its_positions_from_another_folder(tmp_path, monkeypatch):
    (tmp_path / "users.csv").write_text("x_m,y_m\n50,60\n80,50\n200,50\n")
    monkeypatch.chdir(tmp_path)
    hall = {k: v for k, v in LONELY["hall"].items() if k != "ied_positions_m"}
    worlds = gmel.Worlds({**LONELY, "hall": {**hall, "ied_positions_file": "users.csv"}})
    monkeypatch.chdir("/")
    other = copy.copy(worlds)
    assert np.array_equal(other.obs, gmel.Worlds(LONELY).obs)
