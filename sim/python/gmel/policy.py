"""Plays policies that ``gmel export RUN --to folder`` wrote, with NumPy alone."""

from __future__ import annotations

import json
import math
import os
import pathlib
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ._library import Error
from ._safetensors import decode
from .worlds import Floats

_CONTRACT, _WEIGHTS = "contract.json", "policy.safetensors"
_RULE = "the legal action of the largest output; of equal ones the first"


class Policy:
    """A trained policy. ``load_policy`` reads one.

    It takes observations of O numbers in the units of its contract, as the worlds of its own scenario
    show them, and masks of U actions. Arrays may have any leading shape: [O], [A, O], [W, A, O].

    Its network is that of the folder in float32. Sums have another order than in GMEL, so logits
    differ by about 1e-6, and where two logits are that close another action may be the largest.
    """

    def __init__(self, contract: Mapping[str, Any], weights: Mapping[str, Floats]) -> None:
        self.contract = contract  #: the content of contract.json, see docs/export.md
        network = contract["network"]
        self.obs_size: int = network["widths"][0]  #: O
        self.num_actions: int = network["widths"][-1]  #: U
        self._clip, self._slope = np.float32(network["clip"]), np.float32(network["slope"])
        self._mean, self._scale = weights["normaliser.mean"], weights["normaliser.scale"]
        self._layers = [
            (np.ascontiguousarray(weights[f"actor.{2 * i}.weight"].T), weights[f"actor.{2 * i}.bias"])
            for i in range(len(network["widths"]) - 1)
        ]

    @property
    def scenario(self) -> dict[str, Any]:
        """The scenario of training as ``Worlds`` reads it. Files that it names are not in the folder."""
        game = self.contract["game"]
        if game["name"] != "edge":
            raise Error(f"gmel: the policy plays {game['name']}, for which there are no worlds in Python")
        return game["scenario"]

    def logits(self, observation: npt.ArrayLike) -> Floats:
        """[..., U] the outputs of the network for observations [..., O]."""
        x = np.asarray(observation)
        if x.dtype.kind != "f" or x.shape[-1:] != (self.obs_size,):
            raise Error(
                f"gmel: observations of shape {x.shape} and type {x.dtype}; allowed: (..., {self.obs_size}), float32"
            )
        x = (x.astype(np.float32, copy=False) - self._mean) * self._scale
        x = np.clip(x, -self._clip, self._clip)
        for i, (weight, bias) in enumerate(self._layers):
            if i > 0:
                x = np.where(x > 0, x, self._slope * x)
            x = x @ weight + bias
        if np.isnan(x).any():
            raise Error("gmel: the observations have a number that is NaN")
        return x

    def act(self, observation: npt.ArrayLike, mask: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """[...] the legal action of the largest logit for observations [..., O] and masks [..., U].

        A mask has 1 or True for a legal action. Without any, the action is 0.
        """
        logits, legal = self.logits(observation), np.asarray(mask)
        if legal.dtype.kind not in "biuf" or legal.shape != logits.shape:
            raise Error(
                f"gmel: masks of shape {legal.shape} and type {legal.dtype}; "
                f"allowed: {logits.shape}, truth values or numbers"
            )
        return np.where(legal != 0, logits, -np.inf).argmax(axis=-1)


def load_policy(folder: str | os.PathLike[str]) -> Policy:
    """The policy of a folder that ``gmel export RUN --to folder`` wrote.

    Of the folder it needs contract.json and policy.safetensors.
    """
    at = pathlib.Path(folder)
    contract = _checked(_read(at, _CONTRACT), at / _CONTRACT)
    file = _read(at, _WEIGHTS)
    try:
        policy = Policy(contract, _fitting(decode(file), contract["network"]["widths"]))
    except Error as error:
        raise Error(f"gmel: {at / _WEIGHTS}: {error}") from None
    if turns := contract["decision"]["turns"]:
        warnings.warn(
            f"gmel: the policy of {at} decides in {turns} turns of a slot and sees the decisions of earlier turns; "
            "gmel.Worlds have no turns, so it decides otherwise there",
            stacklevel=2,
        )
    return policy


def _read(folder: pathlib.Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise Error(
            f"gmel: {folder} has no {name}, so it is no policy folder; gmel export --to folder writes one"
        ) from None


def _checked(text: bytes, path: pathlib.Path) -> dict[str, Any]:
    """The contract, if this program can play what it says."""
    try:
        c = json.loads(text)
        if (c["format"], c["version"]) != ("gmel-policy", 1):
            raise Error(f"format {c['format']!r}, version {c['version']!r}; allowed: 'gmel-policy', version 1")
        network, decision, interface = c["network"], c["decision"], c["interface"]
        _check_network(network, len(interface["observations"]), len(interface["actions"]))
        if decision["rule"] != _RULE or not (type(decision["turns"]) is int and decision["turns"] >= 0):
            raise Error(f"decision has the rule {decision['rule']!r} and {decision['turns']} turns; allowed: {_RULE!r}")
        c["game"]["name"], c["game"]["scenario"]  # used later
    except Error as error:
        raise Error(f"gmel: {path}: {error}") from None
    except KeyError as error:
        raise Error(f"gmel: {path}: {error.args[0]} is missing") from None
    except (TypeError, ValueError) as error:
        raise Error(f"gmel: {path}: it is no contract in JSON ({error})") from None
    return c


def _check_network(network: dict[str, Any], observations: int, actions: int) -> None:
    widths = network["widths"]
    if len(widths) < 2 or not all(type(w) is int and 0 < w <= 1 << 20 for w in widths):
        raise Error(f"network.widths is {widths}; allowed: at least two whole numbers from 1 to {1 << 20}")
    if (widths[0], widths[-1]) != (observations, actions):
        raise Error(f"network.widths is {widths}; the contract has {observations} observations and {actions} actions")
    if network["activation"] != "leaky_relu" or not 0 <= network["slope"] <= 1 or not 0 < network["clip"] < math.inf:
        raise Error(
            f"network has activation {network['activation']!r}, slope {network['slope']} and clip {network['clip']}; "
            "allowed: 'leaky_relu', a slope from 0 to 1, a positive clip"
        )


def _fitting(tensors: dict[str, Floats], widths: list[int]) -> dict[str, Floats]:
    """The tensors, if they are those of a network with these widths."""
    shapes: dict[str, list[int]] = {"normaliser.mean": widths[:1], "normaliser.scale": widths[:1]}
    for i, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        shapes[f"actor.{2 * i}.weight"], shapes[f"actor.{2 * i}.bias"] = [outputs, inputs], [outputs]
    for name in sorted(shapes.keys() ^ tensors.keys()):
        wrong = "is missing" if name in shapes else f"is not in the contract, whose network has the widths {widths}"
        raise Error(f"tensor {name} {wrong}")
    for name, shape in shapes.items():
        if list(tensors[name].shape) != shape:
            raise Error(f"tensor {name} has shape {list(tensors[name].shape)}; the contract says {shape}")
        if not np.isfinite(tensors[name]).all():
            raise Error(f"tensor {name} has a number that is not finite")
    return tensors
