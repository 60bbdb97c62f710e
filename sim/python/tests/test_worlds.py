"""Tests the raw worlds: the bits of Go, the lifetime of their memory, errors."""

import gc
import hashlib
import json
import pathlib
import threading
import weakref

import numpy as np
import pytest

import gmel

ROLLOUTS = json.loads((pathlib.Path(__file__).parents[2] / "testdata" / "rollouts.json").read_text())
READ = ("obs", "mask", "reward", "had_task", "terminated", "truncated", "final_obs", "final_mask")


def rotating(worlds: gmel.Worlds, slot: int) -> np.ndarray:
    """The actions of the rollouts that sim/rollout_test.go plays."""
    n = np.arange(worlds.num_worlds * worlds.num_agents).reshape(worlds.num_worlds, -1)
    actions = (5 * slot + 3 * n) % worlds.num_actions
    return actions * np.take_along_axis(worlds.mask, actions[..., None], axis=2)[..., 0].astype(int)


def rollout_hash(worlds: gmel.Worlds, slots: int) -> str:
    digest = hashlib.sha256()
    for slot in range(slots):
        worlds.step(rotating(worlds, slot))
        arrays = [getattr(worlds, name) for name in READ]
        for array in arrays + [worlds.tasks[name] for name in ("latency", "action", "completed")]:
            digest.update(array.tobytes())
    return digest.hexdigest()


@pytest.mark.parametrize("rollout", ROLLOUTS, ids=lambda r: r["scenario"].split("\n")[0])
@pytest.mark.parametrize("options", [{}, {"threads": 3}, {"engine": "go", "copy": True}], ids=str)
def test_rollout_has_the_bits_of_go(rollout, options):
    with gmel.Worlds(
        rollout["scenario"], rollout["worlds"], seed=rollout["seed"], record_tasks=True, **options
    ) as worlds:
        assert rollout_hash(worlds, rollout["slots"]) == rollout["sha256"]


def test_reset_plays_a_seed_again():
    worlds = gmel.Worlds(seed=ROLLOUTS[0]["seed"], worlds=ROLLOUTS[0]["worlds"], record_tasks=True)
    for seed, same in ((None, True), (5, False), (None, False), (ROLLOUTS[0]["seed"], True)):
        worlds.reset(seed)
        assert (rollout_hash(worlds, ROLLOUTS[0]["slots"]) == ROLLOUTS[0]["sha256"]) == same


def test_scenario_as_mapping_path_and_text(tmp_path):
    mine = {"ieds": 11, "time": {"slots": 7}, "energy": {"kappa": 1e-27}}
    path = tmp_path / "mine.yaml"
    path.write_text("ieds: 11\ntime:\n  slots: 7\n")
    for scenario in (mine, path, str(path), path.read_text()):
        worlds = gmel.Worlds(scenario)
        assert worlds.num_agents == 11
        assert "slots: 7\n" in worlds.scenario


def test_arrays_are_views_that_steps_overwrite():
    worlds = gmel.Worlds(worlds=2, record_tasks=True)
    views = {name: getattr(worlds, name) for name in READ} | worlds.tasks
    address = {name: view.ctypes.data for name, view in views.items()}
    before = views["obs"].copy()
    worlds.play("random", 3)
    assert not np.array_equal(before, views["obs"])
    for name, view in ({name: getattr(worlds, name) for name in READ} | worlds.tasks).items():
        assert view.ctypes.data == address[name]
        assert not view.flags.writeable
        assert np.array_equal(view, views[name])


def test_copies_stay():
    worlds = gmel.Worlds(copy=True)
    obs = worlds.obs
    before = obs.copy()
    worlds.play("random")
    assert np.array_equal(obs, before)
    obs[:] = 0  # a copy
    assert worlds.obs.any()


def test_a_view_outlives_close():
    worlds = gmel.Worlds(worlds=3)
    worlds.play("random", 2)
    obs, before, handle = worlds.obs, worlds.obs.copy(), weakref.ref(worlds._open)
    worlds.close()
    del worlds
    gc.collect()
    others = [gmel.Worlds(worlds=3, seed=s) for s in range(5)]  # these would reuse freed memory
    assert handle() is not None
    assert np.array_equal(obs, before)
    del obs, others
    gc.collect()
    assert handle() is None


def test_use_after_close():
    worlds = gmel.Worlds()
    worlds.close()
    worlds.close()
    assert worlds.closed
    uses = [
        lambda: worlds.obs,
        lambda: worlds.tasks,
        worlds.reset,
        lambda: worlds.step([]),
        lambda: worlds.play("local"),
    ]
    for use in uses:
        with pytest.raises(gmel.Error, match="^gmel: these worlds are closed$"):
            use()


def test_illegal_actions_change_nothing():
    worlds = gmel.Worlds(worlds=2, seed=4)
    idle = np.argwhere(worlds.mask[:, :, 1] == 0)[0]
    busy = np.argwhere(worlds.mask[:, :, 1] == 1)[-1]
    before = worlds.obs.copy()
    for at, action, dtype, want in (
        (busy, worlds.num_actions, int, "5 is illegal; allowed: 0 .local. to 4"),
        (busy, -1, np.int8, "-1 is illegal"),
        (busy, 2**32 + 1, np.int64, "2147483647 is illegal"),
        (busy, 2**32, np.uint64, "2147483647 is illegal"),
        (idle, 1, np.int32, "1 is illegal; allowed: 0 .no task."),
    ):
        actions = np.zeros((2, 30), dtype)
        actions[tuple(at)] = action
        with pytest.raises(gmel.Error, match=f"^sim: world {at[0]}, IED {at[1]}: action {want}"):
            worlds.step(actions)
    for actions in (np.zeros((2, 29), int), np.zeros((2, 30)), np.zeros(60, int)):
        with pytest.raises(gmel.Error, match=r"^gmel: actions of shape .* allowed: \(2, 30\), whole numbers$"):
            worlds.step(actions)
    assert np.array_equal(worlds.obs, before)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"scenario": "peper"}, 'sim: scenario "peper" is neither a preset'),
        (
            {"scenario": "ieds: 5\ntime:\n  slots: 0\n"},
            "sim: scenario:3: time.slots: 0 is not allowed; allowed: a whole",
        ),
        ({"worlds": 0}, "gmel: worlds 0 is not allowed; allowed: a whole number from 1"),
        ({"seed": -1}, "gmel: seed -1 is not allowed; allowed: a whole number from 0 to 18446744073709551615"),
        ({"threads": 1.5}, "gmel: threads 1.5 is not allowed"),
        ({"engine": "warp"}, 'sim: no engine "warp" here; there are '),
    ],
)
def test_refusals_say_what_is_allowed(arguments, sentence):
    with pytest.raises(gmel.Error) as caught:
        gmel.Worlds(**arguments)
    assert str(caught.value).startswith(sentence)


def test_worlds_that_do_not_fit_are_refused():
    """By the free memory, or where it is not known by the most of all machines."""
    with pytest.raises(gmel.Error, match="2147483647 worlds of 30 IEDs (take .* MB of memory|are not allowed)"):
        gmel.Worlds(worlds=2**31 - 1)


def test_tasks_need_recording():
    with pytest.raises(gmel.Error, match="record_tasks=True"):
        _ = gmel.Worlds().tasks
    worlds = gmel.Worlds(ROLLOUTS[2]["scenario"], record_tasks=True)
    worlds.play("random", 5)
    tasks = worlds.tasks
    assert tasks["lost"].shape == (1, 9)
    parts = sum(tasks[part] for part in ("radio_wait", "upload", "queue_wait", "switch", "compute", "download"))
    np.testing.assert_allclose(parts, tasks["latency"], rtol=1e-5, atol=1e-6)
    with pytest.raises(gmel.Error, match='^sim: no policy "best"; there are random, local'):
        worlds.play("best")


def test_threads_in_turn():
    worlds = gmel.Worlds(worlds=ROLLOUTS[0]["worlds"], seed=ROLLOUTS[0]["seed"], record_tasks=True)
    hashes = []
    for _ in range(4):
        worlds.reset()
        thread = threading.Thread(target=lambda: hashes.append(rollout_hash(worlds, ROLLOUTS[0]["slots"])))
        thread.start()
        thread.join()
    assert hashes == 4 * [ROLLOUTS[0]["sha256"]]


def test_threads_at_once_wait_for_each_other():
    worlds, alone = (gmel.Worlds(worlds=4) for _ in range(2))
    threads = [threading.Thread(target=worlds.play, args=("random", 50)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone.play("random", 200)
    assert np.array_equal(worlds.obs, alone.obs)
