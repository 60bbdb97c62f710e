"""Checks the arguments of worlds and turns them into what the library reads."""

from __future__ import annotations

import json
import math
import operator
import os
import secrets
from collections.abc import Mapping
from typing import Any, Literal, get_args

import numpy as np

from ._library import Error

Scenario = str | os.PathLike[str] | Mapping[str, Any]
"""A preset ("paper", "population:1000"), the path of a YAML file, YAML text, or a mapping of
differences from the preset "paper", such as ``{"ieds": 50}``. Numbers may be NumPy's."""


Part = Literal["training", "evaluation"]
"""A part of an arrival trace."""


def checked_part(part: object) -> Part:
    for allowed in get_args(Part):
        if part == allowed:
            return allowed
    raise Error(f"gmel: part {part!r} is not allowed; allowed: {', '.join(get_args(Part))}")


def whole(name: str, value: object, lowest: int, highest: int) -> int:
    """The value as a whole number from lowest to highest."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = lowest - 1
    if not lowest <= number <= highest:
        raise Error(f"gmel: {name} {value!r} is not allowed; allowed: a whole number from {lowest} to {highest}")
    return number


def name(kind: str, value: object) -> str:
    """The value as the name of an engine or a policy."""
    if not isinstance(value, str):
        raise Error(f"gmel: {kind} {value!r} is not allowed; allowed: the name of one")
    return value


def seed(value: object) -> int:
    return whole("seed", value, 0, 2**64 - 1)


def seed_or_entropy(value: object) -> int:
    """The seed; for None one of the system's entropy, so that workers differ."""
    return secrets.randbits(63) if value is None else seed(value)


def scenario_text(scenario: object) -> bytes:
    """The scenario as the library reads it: a preset, an absolute path, or YAML."""
    if isinstance(scenario, Mapping):
        return json.dumps(_plain(scenario, "scenario")).encode()  # JSON is YAML
    if isinstance(scenario, os.PathLike):
        path = os.path.abspath(os.fsdecode(scenario))
        if not os.path.exists(path):
            raise Error(f"gmel: scenario: there is no file {path}")
        return os.fsencode(path)
    if not isinstance(scenario, str) or "\0" in scenario:
        raise Error(
            f"gmel: scenario {scenario!r} is not allowed; allowed: a preset, a path, YAML text, or a mapping of settings"
        )
    return scenario.encode("utf-8", "surrogateescape")


def _plain(value: object, where: str) -> object:
    """The value of a setting with NumPy's types replaced by Python's."""
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {_key(k, where): _plain(v, f"{where}.{k}") for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v, f"{where}[{i}]") for i, v in enumerate(value)]
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise Error(f"gmel: {where}: {value} is not allowed; allowed: a finite number")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise Error(
        f"gmel: {where}: {value!r} of type {type(value).__name__} is not allowed; "
        "allowed: a number, a truth value, text, a list or a mapping"
    )


def _key(key: object, where: str) -> str:
    if not isinstance(key, str):
        raise Error(f"gmel: {where}: key {key!r} is not allowed; allowed: the name of a setting")
    return key


def chosen_worlds(name: str, value: object, worlds: int) -> np.ndarray:
    """The value as flags [W], one a world."""
    flags = np.asarray(value)
    if flags.shape != (worlds,) or flags.dtype != np.bool_:
        raise Error(f"gmel: {name} of shape {flags.shape} and type {flags.dtype}; allowed: ({worlds},), bool")
    return np.ascontiguousarray(flags)
