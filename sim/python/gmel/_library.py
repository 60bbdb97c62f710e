"""The functions of the C library, declared in cmd/libgmel/gmel.h. Calls release Python's global lock."""

from __future__ import annotations

import ctypes
import os
import pathlib
import shutil
import threading


class Error(ValueError):
    """One sentence: what is wrong, where, and what is allowed."""


class Config(ctypes.Structure):
    _fields_ = [
        ("scenario", ctypes.c_char_p),
        ("engine", ctypes.c_char_p),
        ("seed", ctypes.c_uint64),
        ("worlds", ctypes.c_int64),
        ("threads", ctypes.c_int64),
        ("record_tasks", ctypes.c_int32),
        ("held_out", ctypes.c_int32),
        ("pictures", ctypes.c_int32),
    ]


class Array(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("kind", ctypes.c_int32),
        ("rank", ctypes.c_int32),
        ("shape", ctypes.c_int64 * 3),
    ]


class Span(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_int64)]


_HANDLE = ctypes.c_size_t
_TEXT = ctypes.c_void_p  # with c_char_p the address, which must be freed, would be lost
_OUT = ctypes.POINTER(ctypes.c_void_p)
_COUNT = ctypes.POINTER(ctypes.c_int64)

_FUNCTIONS = {
    "gmel_open": [ctypes.POINTER(Config), ctypes.POINTER(_HANDLE)],
    "gmel_close": [_HANDLE],
    "gmel_reset": [_HANDLE, ctypes.c_uint64],
    "gmel_restart": [_HANDLE, ctypes.c_void_p, ctypes.c_int64],
    "gmel_step": [_HANDLE, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p],
    "gmel_play": [_HANDLE, ctypes.c_char_p, ctypes.c_uint64, ctypes.c_int64, _COUNT],
    "gmel_save": [_HANDLE, _OUT, _COUNT],
    "gmel_load": [_HANDLE, ctypes.c_char_p, ctypes.c_int64],
    "gmel_memory": [_HANDLE, ctypes.POINTER(Span), ctypes.c_int64, _COUNT],
    "gmel_adopt": [_HANDLE, ctypes.c_uint64, ctypes.POINTER(Span), ctypes.c_int64],
    "gmel_names": [_HANDLE, _OUT],
    "gmel_find": [_HANDLE, ctypes.c_char_p, ctypes.POINTER(Array)],
    "gmel_picture": [_HANDLE, ctypes.c_int64, ctypes.c_int32, _OUT, _COUNT, _COUNT],
    "gmel_engine": [_HANDLE, _OUT],
    "gmel_scenario": [_HANDLE, _OUT],
}

_PATH = pathlib.Path(__file__).with_name("libgmel.so")
if not _PATH.exists():
    raise ImportError(f"gmel: the library {_PATH.name} is missing; run make python in the root of the repository")


class _State:
    """The library of this process."""

    def __init__(self) -> None:
        self.library: ctypes.CDLL | None = None
        self.opening = threading.Lock()
        self.inherited = False  # a parent process opened the library before it forked
        self.generation = 0  # number of forks since the first process

    def forked(self) -> None:
        self.inherited |= self.library is not None
        self.library, self.opening = None, threading.Lock()
        self.generation += 1


_state = _State()
os.register_at_fork(after_in_child=_state.forked)


def generation() -> int:
    """A number that differs between a process and those that it forks."""
    return _state.generation


def library() -> ctypes.CDLL:
    """The library, opened at the first call.

    The threads of an open library do not exist in a forked child, and a call would wait for them
    forever. The child opens a copy of the file, which the loader takes for another library.
    """
    with _state.opening:
        if _state.library is None:
            _state.library = _open_copy() if _state.inherited else _open(str(_PATH))
        return _state.library


def _open_copy() -> ctypes.CDLL:
    try:
        copy = os.memfd_create("libgmel")
        with open(copy, "wb") as to, _PATH.open("rb") as source:
            shutil.copyfileobj(source, to)
            to.flush()
            # The loader knows libraries by name. With the process in it, a child of this child gets another.
            return _open(f"/proc/{os.getpid()}/fd/{copy}")
    except (AttributeError, OSError) as error:
        raise Error(
            f"gmel: a forked process cannot open the library again ({error}); "
            'start processes with multiprocessing\'s "spawn"'
        ) from error


def _open(path: str) -> ctypes.CDLL:
    opened = ctypes.CDLL(path)
    for name, arguments in _FUNCTIONS.items():
        function = getattr(opened, name)
        function.restype, function.argtypes = _TEXT, arguments
    opened.gmel_free.restype, opened.gmel_free.argtypes = None, [ctypes.c_void_p]
    return opened


def take(opened: ctypes.CDLL, text: int) -> str:
    """Returns the text at an address and frees it."""
    value = ctypes.string_at(text).decode()
    opened.gmel_free(text)
    return value


def check(opened: ctypes.CDLL, error: int | None) -> None:
    if error:
        raise Error(take(opened, error))
