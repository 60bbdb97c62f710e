"""Worlds in the library."""

from __future__ import annotations

import ctypes
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from . import _library
from ._library import Array, Config, Error, Span

_KINDS = (np.dtype(np.float32), np.dtype(np.int32), np.dtype(np.bool_))  # gmel_kind

_LONG = 200_000  # agents whose step takes long enough, some 10 ms, for a thread of its own


class _Owner:
    """A handle that the library is to fill in. It is closed with the last reference, also by a call that was left."""

    def __init__(self, generation: int, opened: ctypes.CDLL) -> None:
        self.handle = ctypes.c_size_t()
        # At exit the process frees the memory.
        weakref.finalize(self, _close, generation, opened, self.handle).atexit = False


def _close(generation: int, opened: ctypes.CDLL, handle: ctypes.c_size_t) -> None:
    if handle.value and generation == _library.generation():
        _library.check(opened, opened.gmel_close(handle))


def interruptibly(call: Callable[[], int | None], left: list[Future[int | None]]) -> int | None:
    """Returns the result of a long native call. Python handles signals such as Ctrl-C meanwhile.

    If a signal raises an exception, a call that has begun ends in the background. It stays in ``left``, and the next
    call waits for it.
    """
    if threading.current_thread() is not threading.main_thread():
        return call()  # only the main thread handles signals
    wait(left)
    result: Future[int | None] = Future()

    def run() -> None:
        if not result.set_running_or_notify_cancel():
            return
        try:
            result.set_result(call())
        except BaseException as error:  # it belongs to the caller
            result.set_exception(error)

    try:
        left[:] = [result]
        threading.Thread(target=run, daemon=True).start()
        return result.result()
    except BaseException:
        if result.cancel():  # it has not begun, and never does
            left.clear()
        raise


class Handle:
    """Worlds in the library. They live as long as the Handle or any of its arrays."""

    def __init__(
        self,
        *,
        scenario: bytes,
        engine: str,
        seed: int,
        worlds: int,
        threads: int,
        record_tasks: bool,
        held_out: bool,
        pictures: bool,
    ) -> None:
        self._settings = {
            "engine": engine,
            "worlds": worlds,
            "threads": threads,
            "record_tasks": record_tasks,
            "held_out": held_out,
            "pictures": pictures,
        }
        self._seed = seed
        self._library = opened = _library.library()
        self._generation = _library.generation()
        self._running: list[None] = []  # one for every call that has not returned
        self._left: list[Future[int | None]] = []  # the last long call of the main thread
        self._long = True
        config = Config(scenario, engine.encode(), seed, worlds, threads, record_tasks, held_out, pictures)
        self._owner = owner = _Owner(self._generation, opened)
        self._check(interruptibly(lambda: opened.gmel_open(config, owner.handle), self._left))
        self._long = int(np.prod(self._find("mask").shape[:2])) >= _LONG
        self.scenario = self._text("gmel_scenario")  #: the effective scenario as YAML
        self._memory = self._spans()

    @property
    def inherited(self) -> bool:
        """The worlds belong to the process that forked this one."""
        return self._generation != _library.generation()

    def here(self) -> Handle:
        """The worlds of the parent process as worlds of this one, in the state in which it forked.

        Their memory is here too, and nothing changes it any more.
        """
        if self._running:
            raise Error("gmel: a thread stepped these worlds while the process was forked; fork between steps")
        own = Handle(scenario=self.scenario.encode(), seed=self._seed, **self._settings)
        own._call("gmel_adopt", self._seed, self._memory, len(self._memory))
        return own

    def __reduce__(self) -> NoReturn:
        raise Error("gmel: a handle cannot be copied; copy the worlds")

    def names(self) -> list[str]:
        """The names that ``array`` accepts."""
        return self._text("gmel_names").split()

    def array(self, name: str) -> npt.NDArray[Any]:
        """A read-only view of the worlds' own memory."""
        found = self._find(name)
        dtype, shape = _KINDS[found.kind], tuple(found.shape[: found.rank])
        size = dtype.itemsize * int(np.prod(shape))
        memory = (ctypes.c_char * size).from_address(found.data)
        memory.owner = self  # type: ignore[attr-defined]  # the view keeps the memory alive, and the memory the worlds
        view: npt.NDArray[Any] = np.frombuffer(memoryview(memory), dtype).reshape(shape)
        view.flags.writeable = False
        return view

    def reset(self, seed: int) -> None:
        self._seed = seed
        self._call("gmel_reset", seed)

    def restart(self, chosen: npt.NDArray[np.bool_]) -> None:
        """Starts the next episode in the worlds that are chosen, contiguous [W]."""
        self._call("gmel_restart", chosen.ctypes, chosen.size)

    def step(self, actions: npt.NDArray[np.int32], chosen: npt.NDArray[np.bool_] | None) -> None:
        """Plays contiguous actions [W, A] in the worlds that are chosen, contiguous [W]; None: all."""
        self._call("gmel_step", actions.ctypes, actions.size, None if chosen is None else chosen.ctypes)

    def play(self, policy: str, seed: int, slots: int) -> None:
        """Plays slots in turns of about a tenth of a second, between which Python handles signals."""
        while True:
            played = ctypes.c_int64()
            self._call("gmel_play", policy.encode(), seed, slots, played)
            slots -= played.value
            if slots <= 0:
                return

    def save(self) -> bytes:
        """The state of the worlds."""
        state, size = ctypes.c_void_p(), ctypes.c_int64()
        self._call("gmel_save", state, size)
        try:
            return ctypes.string_at(state, size.value)
        finally:
            self._library.gmel_free(state)

    def load(self, state: bytes) -> None:
        """Sets the state to one that ``save`` returned for the same scenario and number of worlds."""
        self._call("gmel_load", state, len(state))

    def picture(self, world: int, coming: bool) -> npt.NDArray[np.uint8]:
        """[H, W, 3] red, green and blue."""
        pixels, height, width = ctypes.c_void_p(), ctypes.c_int64(), ctypes.c_int64()
        self._call("gmel_picture", world, coming, pixels, height, width)
        try:
            size = 3 * height.value * width.value
            return np.frombuffer(bytearray(ctypes.string_at(pixels, size)), np.uint8).reshape(height.value, -1, 3)
        finally:
            self._library.gmel_free(pixels)

    def engine(self) -> str:
        return self._text("gmel_engine")

    def _spans(self) -> ctypes.Array[Span]:
        """Where the state lies."""
        count = ctypes.c_int64()
        self._call("gmel_memory", (Span * 1)(), 0, count)
        spans = (Span * count.value)()
        self._call("gmel_memory", spans, count.value, count)
        return spans

    def _find(self, name: str) -> Array:
        found = Array()
        self._call("gmel_find", name.encode(), found)
        return found

    def _text(self, function: str) -> str:
        text = ctypes.c_void_p()
        self._call(function, text)
        assert text.value
        return _library.take(self._library, text.value)

    def _call(self, name: str, *arguments: Any) -> None:
        """Calls a function. A call that is left still uses the arguments, so they are objects that own their memory."""
        if self.inherited:
            raise Error("gmel: these worlds belong to the process that forked this one")
        function = getattr(self._library, name)

        def call() -> int | None:
            self._running.append(None)
            try:
                return function(self._owner.handle, *arguments)
            finally:
                self._running.pop()

        self._check(interruptibly(call, self._left) if self._long else call())

    def _check(self, error: int | None) -> None:
        _library.check(self._library, error)
