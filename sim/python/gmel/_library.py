"""The functions of the C library, declared in cmd/libgmel/gmel.h. Calls release Python's global lock."""

from __future__ import annotations

import ctypes
import os
import pathlib
import weakref
from typing import Any

import numpy as np
import numpy.typing as npt


class Error(ValueError):
    """One sentence: what is wrong, where, and what is allowed."""


class _Config(ctypes.Structure):
    _fields_ = [
        ("scenario", ctypes.c_char_p),
        ("engine", ctypes.c_char_p),
        ("seed", ctypes.c_uint64),
        ("worlds", ctypes.c_int64),
        ("threads", ctypes.c_int64),
        ("record_tasks", ctypes.c_int32),
    ]


class _Array(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("kind", ctypes.c_int32),
        ("rank", ctypes.c_int32),
        ("shape", ctypes.c_int64 * 3),
    ]


_KINDS = (np.dtype(np.float32), np.dtype(np.int32), np.dtype(np.bool_))  # gmel_kind

_forked = False


def _after_fork() -> None:
    global _forked
    _forked = True


def _open_library() -> ctypes.CDLL:
    path = pathlib.Path(__file__).with_name("libgmel.so")
    if not path.exists():
        raise ImportError(f"gmel: the library {path.name} is missing; run make python in the root of the repository")
    library = ctypes.CDLL(str(path))
    handle, text = ctypes.c_size_t, ctypes.c_void_p  # with c_char_p the address, which must be freed, would be lost
    for name, result, arguments in (
        ("gmel_open", text, [ctypes.POINTER(_Config), ctypes.POINTER(handle)]),
        ("gmel_close", None, [handle]),
        ("gmel_reset", None, [handle, ctypes.c_uint64]),
        ("gmel_step", text, [handle, ctypes.c_void_p, ctypes.c_int64]),
        ("gmel_play", text, [handle, ctypes.c_char_p, ctypes.c_uint64, ctypes.c_int64]),
        ("gmel_names", text, [handle]),
        ("gmel_find", text, [handle, ctypes.c_char_p, ctypes.POINTER(_Array)]),
        ("gmel_engine", text, [handle]),
        ("gmel_scenario", text, [handle]),
        ("gmel_free", None, [text]),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    # A forked child has no threads of the library; a call there would wait for them forever.
    os.register_at_fork(after_in_child=_after_fork)
    return library


_library = _open_library()


def _take(text: int) -> str:
    """Returns the text at an address and frees it."""
    value = ctypes.string_at(text).decode()
    _library.gmel_free(text)
    return value


def _check(error: int | None) -> None:
    if error:
        raise Error(_take(error))


def _close(handle: int) -> None:
    if not _forked:
        _library.gmel_close(handle)


class Handle:
    """Worlds in the library. They live as long as the Handle or any of its arrays."""

    def __init__(self, *, scenario: str, engine: str, seed: int, worlds: int, threads: int, record_tasks: bool) -> None:
        self._check_process()
        config = _Config(scenario.encode(), engine.encode(), seed, worlds, threads, record_tasks)
        handle = ctypes.c_size_t()
        _check(_library.gmel_open(config, handle))
        self._handle = handle.value
        weakref.finalize(self, _close, self._handle).atexit = False  # at exit the process frees the memory

    @staticmethod
    def _check_process() -> None:
        if _forked:
            raise Error('gmel: a forked process cannot use worlds; start processes with multiprocessing\'s "spawn"')

    def names(self) -> list[str]:
        """The names that ``array`` accepts."""
        return _take(_library.gmel_names(self._handle)).split()

    def array(self, name: str) -> npt.NDArray[Any]:
        """A read-only view of the worlds' own memory."""
        found = _Array()
        _check(_library.gmel_find(self._handle, name.encode(), found))
        dtype, shape = _KINDS[found.kind], tuple(found.shape[: found.rank])
        size = dtype.itemsize * int(np.prod(shape))
        memory = (ctypes.c_char * size).from_address(found.data)
        memory.owner = self  # type: ignore[attr-defined]  # the view keeps the memory alive, and the memory the worlds
        view: npt.NDArray[Any] = np.frombuffer(memoryview(memory), dtype).reshape(shape)
        view.flags.writeable = False
        return view

    def reset(self, seed: int) -> None:
        self._check_process()
        _library.gmel_reset(self._handle, seed)

    def step(self, actions: npt.NDArray[np.int32]) -> None:
        """Plays contiguous actions [W, A]."""
        self._check_process()
        _check(_library.gmel_step(self._handle, actions.ctypes.data, actions.size))

    def play(self, policy: str, seed: int, slots: int) -> None:
        self._check_process()
        _check(_library.gmel_play(self._handle, policy.encode(), seed, slots))

    def engine(self) -> str:
        return _take(_library.gmel_engine(self._handle))

    def scenario(self) -> str:
        return _take(_library.gmel_scenario(self._handle))
