"""W worlds that are stepped together; NumPy reads their memory directly."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ._handle import Handle
from ._library import Error
from ._settings import Part, Scenario, checked_part, chosen_worlds, name as checked_name, scenario_text
from ._settings import seed as checked_seed, whole

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

_TASK = "task_"


class Worlds:
    """W independent worlds of A agents (IEDs) with O observed numbers and U actions.

    The arrays are read-only views of the worlds' own memory. Their addresses are fixed, and
    ``step``, ``play`` and ``reset`` overwrite them. With ``copy=True`` every access returns a new
    copy. After ``close`` a view stays valid and does not change.

    World w depends only on the scenario, the seed and w, not on threads or engine. The numbers are
    those of ``sim.New`` in Go, bit for bit. When an episode ends, the next one begins at once, on
    another topology. Where ``truncated`` is set, ``obs`` and ``mask`` belong to the new episode, and
    ``final_obs`` and ``final_mask`` to the end of the old one.

    A copy, deep copy or pickle is other worlds in the same state, in this process or another. It
    holds the scenario with all settings, but not the file of an arrival trace, which it reads again.
    A forked process has copies as well. Views from before the fork do not follow their steps.

    Ctrl-C ends ``play`` after a slot. A step that was begun is played to its end.

    Args:
        scenario: the scenario, see ``Scenario``.
        worlds: W.
        seed: seed of the worlds, 0 to 2**64 - 1.
        threads: number of threads of a step; calls from several Python threads run one at a time.
        engine: "c/avx512", "c/avx2", "c/base" or "go"; None chooses the fastest on this machine.
        record_tasks: record the outcomes in ``tasks``; this makes a step slower.
        part: "training" or "evaluation", the part of an arrival trace whose windows the worlds play, if
            the scenario holds one out (``tasks.arrivals.window``). Without it both are the same.
        pictures: keep what ``picture`` draws; this makes a step slower.
        copy: arrays are copies instead of views.
    """

    def __init__(
        self,
        scenario: Scenario = "paper",
        worlds: int = 1,
        *,
        seed: int = 1,
        threads: int = 1,
        engine: str | None = None,
        record_tasks: bool = False,
        part: Part = "training",
        pictures: bool = False,
        copy: bool = False,
    ) -> None:
        self._copy = copy
        self._seed = checked_seed(seed)
        self._settings = {
            "engine": "" if engine is None else checked_name("engine", engine),
            "worlds": whole("worlds", worlds, 1, 2**31 - 1),
            "threads": whole("threads", threads, 1, 2**15),
            "record_tasks": bool(record_tasks),
            "held_out": checked_part(part) == "evaluation",
            "pictures": bool(pictures),
        }
        self._attach(Handle(scenario=scenario_text(scenario), seed=self._seed, **self._settings))
        self.num_worlds, self.num_agents, self.obs_size = self._arrays["obs"].shape  #: W, A, O
        self.num_actions: int = self._arrays["mask"].shape[2]  #: U

    def _attach(self, handle: Handle | None) -> None:
        """Takes the worlds of a handle; None: closed."""
        self._open = handle
        arrays = {name: handle.array(name) for name in handle.names()} if handle else {}
        self._tasks = {name.removeprefix(_TASK): a for name, a in arrays.items() if name.startswith(_TASK)}
        self._arrays = {name: a for name, a in arrays.items() if not name.startswith(_TASK)}

    def __getstate__(self) -> tuple[dict[str, Any], tuple[bytes, bytes] | None]:
        """Python's attributes, and the scenario and state of the worlds unless they are closed."""
        kept = {name: a for name, a in self.__dict__.items() if name not in ("_open", "_arrays", "_tasks")}
        return kept, None if self.closed else (self._handle().scenario.encode(), self._handle().save())

    def __setstate__(self, saved: tuple[dict[str, Any], tuple[bytes, bytes] | None]) -> None:
        kept, native = saved
        self.__dict__.update(kept)
        handle = None
        if native is not None:
            scenario, state = native
            handle = Handle(scenario=scenario, seed=self._seed, **self._settings)
            handle.load(state)
        self._attach(handle)

    # Arrays of the current slot.

    @property
    def obs(self) -> Floats:
        """[W, A, O] the observation of every agent in the current slot."""
        return self._read("obs")

    @property
    def mask(self) -> Floats:
        """[W, A, U] 1 = legal; without a task only 0 is, with one also the servers that cover the agent."""
        return self._read("mask")

    # Results of the last step.

    @property
    def reward(self) -> Floats:
        """[W, A] -latency / deadline for a completed task, -(1 + penalty) for a failed one, 0 without a task."""
        return self._read("reward")

    @property
    def had_task(self) -> Flags:
        """[W, A] the agent decided on a task."""
        return self._read("had_task")

    @property
    def terminated(self) -> Flags:
        """[W] the rules of the game ended the episode; always False here."""
        return self._read("terminated")

    @property
    def truncated(self) -> Flags:
        """[W] the time limit ended the episode; bootstrap from ``final_obs``."""
        return self._read("truncated")

    @property
    def final_obs(self) -> Floats:
        """[W, A, O] the last observation of the episode, valid where it ended."""
        return self._read("final_obs")

    @property
    def final_mask(self) -> Floats:
        """[W, A, U] the last mask of the episode, valid where it ended."""
        return self._read("final_mask")

    @property
    def tasks(self) -> dict[str, npt.NDArray[Any]]:
        """The outcomes of the last step's tasks: arrays [W, A], times in s.

        model (-1 without a task), data_bits, cycles, result_bits, deadline; action, server (-1
        local), uplink_bps; radio_wait + upload + queue_wait + switch + compute + download =
        latency, cut at the deadline; completed; energy in J; with a queue of arrivals also lost,
        lost_s. Needs ``record_tasks=True``.
        """
        self._handle()
        if not self._tasks:
            raise Error("gmel: these worlds do not record tasks; make them with record_tasks=True")
        return {name: a.copy() if self._copy else a for name, a in self._tasks.items()}

    def picture(self, world: int = 0, *, coming: bool = False) -> npt.NDArray[np.uint8]:
        """[H, W, 3] the last slot of a world: red, green and blue, as ``gmel simulate --render`` draws it.

        With ``coming``, and before the first slot of an episode, it is the slot that is to be played, whose agents
        have not decided. After a step that ended an episode the last slot is that of the old episode. Needs
        ``pictures=True``.
        """
        handle = self._handle()
        if not self._settings["pictures"]:
            raise Error("gmel: these worlds keep no pictures; make them with pictures=True")
        return handle.picture(whole("world", world, 0, self.num_worlds - 1), bool(coming))

    @property
    def engine(self) -> str:
        """The name of the engine."""
        return self._handle().engine()

    @property
    def scenario(self) -> str:
        """The effective scenario as YAML, with every setting."""
        return self._handle().scenario

    def reset(self, seed: int | None = None) -> None:
        """Starts episode 0 in every world. None keeps the current seed."""
        handle = self._handle()
        if seed is not None:
            self._seed = checked_seed(seed)
        handle.reset(self._seed)

    def restart(self, chosen: npt.ArrayLike) -> None:
        """Starts the next episode in the worlds that are chosen by flags [W], as their time limit would.

        Their results of the last step are cleared. The other worlds do not change.
        """
        self._handle().restart(chosen_worlds("chosen", chosen, self.num_worlds))

    def step(self, actions: npt.ArrayLike, chosen: npt.ArrayLike | None = None) -> None:
        """Plays one slot with whole numbers [W, A]: 0 is local, c is candidate server c.

        With services, action d + D l is destination d of D at level l (``mask`` says which are legal).

        With flags ``chosen`` [W] only the chosen worlds play. The others wait: they show the same,
        their actions are not read, and their results of a step are cleared.

        An illegal action raises an Error that names it and changes nothing.
        """
        some = None if chosen is None else chosen_worlds("chosen", chosen, self.num_worlds)
        self._handle().step(self._whole_numbers(actions), some)

    def play(self, policy: str, slots: int = 1, *, seed: int = 1) -> None:
        """Plays slots with a heuristic: random, local, nearest, greedy, softmin or switch-aware.

        Or with a reference, which knows more than an IED can: imagine, in-turn or planner.
        """
        self._handle().play(checked_name("policy", policy), checked_seed(seed), whole("slots", slots, 0, 2**31 - 1))

    def close(self) -> None:
        """Closes the worlds. Their memory is freed with the last view of it."""
        self._attach(None)

    @property
    def closed(self) -> bool:
        return self._open is None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _handle(self) -> Handle:
        if self._open is None:
            raise Error("gmel: these worlds are closed")
        if self._open.inherited:
            self._attach(self._open.here())
        return self._open

    def _read(self, name: str) -> npt.NDArray[Any]:
        self._handle()
        return self._arrays[name].copy() if self._copy else self._arrays[name]

    def _whole_numbers(self, actions: npt.ArrayLike) -> Ints:
        """The actions in the type that the library reads. A number that does not fit int32 stays illegal."""
        given = np.asarray(actions)
        shape = (self.num_worlds, self.num_agents)
        if given.shape != shape or given.dtype.kind not in "iu":
            raise Error(f"gmel: actions of shape {given.shape} and type {given.dtype}; allowed: {shape}, whole numbers")
        if not np.can_cast(given.dtype, np.int32):
            held = np.iinfo(np.int32)
            given = np.clip(given, max(held.min, np.iinfo(given.dtype).min), held.max)
        return np.ascontiguousarray(given, np.int32)
