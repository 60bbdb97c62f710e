"""Reads files of named float32 arrays in the format safetensors, with NumPy alone."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from ._library import Error

_LENGTH = 8  # bytes of the header's length


def decode(file: bytes) -> dict[str, npt.NDArray[np.float32]]:
    """The arrays of a file. An Error says what is wrong with it, as a part of a sentence."""
    header, data = _split(file)
    arrays: dict[str, npt.NDArray[np.float32]] = {}
    end = 0
    for name, entry in sorted(header.items(), key=lambda named: _offsets(*named)):
        begin, after = _offsets(name, entry)
        shape = entry.get("shape")
        if entry.get("dtype") != "F32":
            raise Error(f"tensor {name} has dtype {entry.get('dtype')}; allowed: F32")
        if not isinstance(shape, list) or not all(type(n) is int and n >= 0 for n in shape):
            raise Error(f"tensor {name} has shape {shape}; allowed: a list of whole numbers")
        if begin != end or after - begin != 4 * math.prod(shape) or after > len(data):
            raise Error(f"tensor {name} of shape {shape} is said to be bytes {begin} to {after} of {len(data)}")
        arrays[name] = np.frombuffer(data[begin:after], "<f4").astype(np.float32).reshape(shape)
        end = after
    if end != len(data):
        raise Error(f"bytes {end} to {len(data)} of its data belong to no tensor")
    return arrays


def _split(file: bytes) -> tuple[dict[str, Any], bytes]:
    """The entries of the header, and the data."""
    size, rest = int.from_bytes(file[:_LENGTH], "little"), file[_LENGTH:]
    if len(file) < _LENGTH or size > len(rest):
        raise Error("it is cut off or no safetensors file")
    try:
        header = json.loads(rest[:size])
    except ValueError as error:
        raise Error(f"its header is not JSON: {error}") from None
    if not isinstance(header, dict):
        raise Error("its header is no JSON object")
    header.pop("__metadata__", None)
    return header, rest[size:]


def _offsets(name: str, entry: Any) -> tuple[int, int]:
    offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
    match offsets:
        case [int(begin), int(after)] if 0 <= begin <= after:
            return begin, after
    raise Error(f"tensor {name} has data_offsets {offsets}; allowed: two ascending whole numbers")
