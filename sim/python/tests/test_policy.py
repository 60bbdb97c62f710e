"""Policies in folders. That a real one plays as GMEL does is a test of marl/export."""

import json
import re

import numpy as np
import pytest
from safetensors.numpy import save_file

import gmel

WIDTHS = [4, 3, 2]
RULE = "the legal action of the largest output; of equal ones the first"


def contract():
    return {
        "format": "gmel-policy",
        "version": 1,
        "game": {"name": "edge", "scenario": {"ieds": 3}},
        "interface": {"observations": [{"name": n} for n in "abcd"], "actions": [{"name": n} for n in "xy"]},
        "decision": {"outputs": "logits", "rule": RULE, "turns": 0},
        "network": {"widths": WIDTHS, "activation": "leaky_relu", "slope": 0.01, "clip": 5},
    }


def weights():
    random = np.random.default_rng(1)
    shapes = {"normaliser.mean": [4], "normaliser.scale": [4], "actor.0.weight": [3, 4], "actor.0.bias": [3]}
    shapes |= {"actor.2.weight": [2, 3], "actor.2.bias": [2]}
    return {name: random.standard_normal(shape, np.float32) for name, shape in shapes.items()}


@pytest.fixture
def write(tmp_path):
    """Writes a folder with changes of its parts."""

    def written(change=lambda c: None, tensors=None):
        c = contract()
        change(c)
        (tmp_path / "contract.json").write_text(json.dumps(c))
        save_file(weights() if tensors is None else tensors, tmp_path / "policy.safetensors", {"format": "pt"})
        return tmp_path

    return written


def by_hand(x):
    """The network in float64, one neuron after the other."""
    t = {name: a.astype(float) for name, a in weights().items()}
    x = [min(max((v - m) * s, -5), 5) for v, m, s in zip(x, t["normaliser.mean"], t["normaliser.scale"])]
    hidden = [sum(w * v for w, v in zip(row, x)) + b for row, b in zip(t["actor.0.weight"], t["actor.0.bias"])]
    hidden = [v if v > 0 else 0.01 * v for v in hidden]
    return [sum(w * v for w, v in zip(row, hidden)) + b for row, b in zip(t["actor.2.weight"], t["actor.2.bias"])]


def test_the_network_is_that_of_the_folder(write):
    policy = gmel.load_policy(str(write()))
    obs = (20 * np.random.default_rng(2).standard_normal((2, 5, 4))).astype(np.float32)
    logits = policy.logits(obs)
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, np.apply_along_axis(by_hand, 2, obs), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(policy.logits(obs[1, 2]), logits[1, 2], rtol=1e-5, atol=1e-6)
    assert (policy.obs_size, policy.num_actions, policy.scenario) == (4, 2, {"ieds": 3})


def test_actions_are_legal(write):
    policy = gmel.load_policy(write())
    obs = np.random.default_rng(3).standard_normal((50, 4), np.float32)
    free = policy.act(obs, np.ones((50, 2), bool))
    assert free.shape == (50,)
    assert set(free) == {0, 1}
    for only in (0, 1):
        mask = np.zeros((50, 2), np.int8)
        mask[:, only] = 1
        assert (policy.act(obs, mask) == only).all()
    assert (policy.act(obs, np.zeros((50, 2), np.float32)) == 0).all()
    assert policy.act(obs[0], [True, True]) == free[0]


def test_arrays_are_checked(write):
    policy = gmel.load_policy(write())
    obs, mask = np.zeros((5, 4), np.float32), np.ones((5, 2), bool)
    for bad, legal, text in (
        (obs[:, :3], mask, "observations of shape (5, 3) and type float32; allowed: (..., 4), float32"),
        (obs.astype(int), mask, "observations of shape (5, 4) and type int64"),
        (np.float32(1), mask, "observations of shape () and type float32"),
        (obs, mask[:4], "masks of shape (4, 2) and type bool; allowed: (5, 2), truth values or numbers"),
        (obs, mask.astype(str), "masks of shape (5, 2) and type <U5"),
        (np.full((5, 4), np.nan, np.float32), mask, "a number that is NaN"),
    ):
        with pytest.raises(gmel.Error, match="^gmel: .*" + re.escape(text)):
            policy.act(bad, legal)


def test_damaged_contracts_are_refused(write):
    for change, text in (
        (lambda c: c.update(version=2), "format 'gmel-policy', version 2; allowed: 'gmel-policy', version 1"),
        (lambda c: c.pop("format"), "format is missing"),
        (lambda c: c.pop("decision"), "decision is missing"),
        (lambda c: c["game"].pop("scenario"), "scenario is missing"),
        (lambda c: c.update(network=3), "it is no contract in JSON"),
        (lambda c: c["network"].update(widths=[4, 3, 3]), "widths is [4, 3, 3]; the contract has 4 observations and 2"),
        (lambda c: c["network"].update(widths=[4, -1, 2]), "allowed: at least two whole numbers"),
        (lambda c: c["network"].update(widths=7), "it is no contract in JSON"),
        (lambda c: c["network"].update(activation="tanh"), "activation 'tanh'"),
        (lambda c: c["network"].update(slope="x"), "it is no contract in JSON"),
        (lambda c: c["decision"].update(rule="the smallest"), "the rule 'the smallest'"),
        (lambda c: c["decision"].update(turns=-1), "-1 turns"),
    ):
        with pytest.raises(gmel.Error, match=r"^gmel: .*contract\.json: .*" + re.escape(text)):
            gmel.load_policy(write(change))
    folder = write()
    (folder / "contract.json").write_text("[1, ")
    with pytest.raises(gmel.Error, match=r"contract\.json: it is no contract in JSON"):
        gmel.load_policy(folder)


def test_damaged_weights_are_refused(write):
    for change, text in (
        ({"actor.0.bias": None}, "tensor actor.0.bias is missing"),
        ({"actor.4.bias": np.zeros(2, np.float32)}, "tensor actor.4.bias is not in the contract"),
        ({"actor.0.weight": np.zeros((4, 3), np.float32)}, "actor.0.weight has shape [4, 3]; the contract says [3, 4]"),
        ({"actor.2.bias": np.zeros(2)}, "tensor actor.2.bias has dtype F64; allowed: F32"),
        ({"actor.2.bias": np.full(2, np.inf, np.float32)}, "tensor actor.2.bias has a number that is not finite"),
    ):
        tensors = {name: a for name, a in (weights() | change).items() if a is not None}
        with pytest.raises(gmel.Error, match=r"^gmel: .*policy\.safetensors: .*" + re.escape(text)):
            gmel.load_policy(write(tensors=tensors))


def test_cut_or_changed_files_are_refused(write):
    folder = write()
    path = folder / "policy.safetensors"
    file = path.read_bytes()
    size = int.from_bytes(file[:8], "little")
    header = json.loads(file[8 : 8 + size])
    pack = lambda h, data: len(t := json.dumps(h).encode()).to_bytes(8, "little") + t + data  # noqa: E731
    data = file[8 + size :]
    for bad in (
        *(file[:n] for n in range(0, len(file), 7)),
        file + b"1234",
        file[:8] + b"x" * size + data,
        pack([1], data),
        pack(header | {"actor.0.bias": 3}, data),
        pack(header | {"actor.0.bias": {**header["actor.0.bias"], "shape": [-1, -3]}}, data),
        pack(header | {"actor.0.bias": {**header["actor.0.bias"], "data_offsets": [8, 4]}}, data),
        pack(header | {"actor.0.bias": header["actor.2.bias"]}, data),
    ):
        path.write_bytes(bad)
        with pytest.raises(gmel.Error, match=r"^gmel: .*policy\.safetensors: "):
            gmel.load_policy(folder)
    path.unlink()
    with pytest.raises(gmel.Error, match="has no policy.safetensors, so it is no policy folder"):
        gmel.load_policy(folder)
    with pytest.raises(gmel.Error, match="has no contract.json, so it is no policy folder"):
        gmel.load_policy(folder / "elsewhere")


def test_other_games_and_turns_are_named(write):
    policy = gmel.load_policy(write(lambda c: c["game"].update(name="spread")))
    with pytest.raises(gmel.Error, match="plays spread, for which there are no worlds in Python"):
        _ = policy.scenario
    with pytest.warns(UserWarning, match="decides in 5 turns of a slot"):
        gmel.load_policy(write(lambda c: c["decision"].update(turns=5)))
