"""Shared by the two environments: spaces and the handling of illegal actions."""

from __future__ import annotations

from typing import Any, Final, Literal

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from ._library import Error
from .worlds import Floats, Worlds

Illegal = Literal["error", "local"]
"""How an environment handles an action that the mask forbids: raise an Error, or play 0, the IED itself.

Where 0 is illegal, because a task asks for a better level, it is the first legal action: the IED itself at another level."""


def check_illegal(value: str) -> None:
    if value not in ("error", "local"):
        raise Error(f'gmel: illegal={value!r} is not allowed; allowed: "error", "local"')


RENDERING: Final[dict[str, Any]] = {"render_modes": ["rgb_array"], "render_fps": 5}
"""What the metadata of an environment say about pictures; films of ``gmel simulate`` have as many slots a second."""


def renders(mode: str | None) -> bool:
    """Whether an environment keeps pictures."""
    if mode is not None and mode not in RENDERING["render_modes"]:
        raise Error(f'gmel: render_mode {mode!r} is not allowed; allowed: None, "rgb_array"')
    return mode is not None


def warn_unrendered() -> None:
    """The warning that Gymnasium's own environments give."""
    gymnasium.logger.warn('gmel: there is no picture without render_mode="rgb_array"')


def observation_box(*shape: int) -> spaces.Box:
    return spaces.Box(-np.inf, np.inf, shape, np.float32)


def as_mask(mask: Floats) -> npt.NDArray[np.int8]:
    """Masks in the type that Gymnasium's spaces need for sampling."""
    return mask.astype(np.int8)


def played(worlds: Worlds, actions: npt.ArrayLike, illegal: Illegal) -> npt.NDArray[Any]:
    """The actions to play, [W, A]: unchanged, or with the first legal action for those that the mask forbids."""
    given = np.asarray(actions)
    mask = worlds.mask
    if illegal == "error" or given.shape != mask.shape[:2] or given.dtype.kind not in "iu":
        return given  # Worlds.step raises the error
    inside = (given >= 0) & (given < mask.shape[2])
    known = np.where(inside, given, 0)
    legal = np.take_along_axis(mask, known[..., None].astype(np.intp), axis=2)[..., 0]
    return np.where(legal > 0, known, mask.argmax(axis=2))
