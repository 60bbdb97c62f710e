"""Optuna for gmel's searches: JSON lines in and out. Only gmel starts this; it decides who works on which trial.

The first line has journal, sampler, seed, direction and space. Then {"trial": n} asks for the settings of a trial, and {"trial": n,
"tell": true, "value": x} tells its value, or null for settings that cannot be trained. Every answer has the state of the trial.
"""
import json
import os
import signal
import sys

for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # gmel stops in good order and then closes the input
    if hasattr(signal, name):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # whatever a library prints is no answer


def answer(**values):
    print(json.dumps(values), file=answers, flush=True)


try:
    import numpy
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend
except ImportError as problem:
    answer(missing=str(problem))
    sys.exit()

from optuna.trial import TrialState


def sampler(kind, seed, number):
    """Draws depend on the seed and the trial's number alone, so a search that was stopped goes on as if it had not been."""
    seed = int(numpy.random.SeedSequence([seed, number]).generate_state(1)[0])
    if kind == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    return optuna.samplers.TPESampler(seed=seed, constant_liar=True)  # trials that others work on are not chosen again


def suggested(trial, p):
    if p["choices"]:
        return trial.suggest_categorical(p["path"], p["choices"])
    suggest = trial.suggest_int if p["whole"] else trial.suggest_float
    number = int if p["whole"] else float
    return suggest(p["path"], number(p["low"]), number(p["high"]), log=p["log"])


def serve(lines):
    about = json.loads(next(lines))
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    # An absolute path: the lock of the journal is a symbolic link to it.
    storage = JournalStorage(JournalFileBackend(os.path.abspath(about["journal"])))
    study = optuna.create_study(storage=storage, study_name="gmel", direction=about["direction"], load_if_exists=True)
    study_id = storage.get_study_id_from_name("gmel")
    answer(state="ready")
    for line in lines:
        asked = json.loads(line)
        number = asked["trial"]
        for _ in range(len(study.get_trials(deepcopy=False)), number + 1):
            study.enqueue_trial({})  # another process may do so too: what is too many waits for a larger plan
        trial_id = storage.get_trial_id_from_study_id_trial_number(study_id, number)
        state, settings = storage.get_trial(trial_id).state, {}
        if state == TrialState.WAITING:
            storage.set_trial_state_values(trial_id, TrialState.RUNNING)
            state = TrialState.RUNNING
        if state == TrialState.RUNNING and asked.get("tell"):
            value = asked["value"]
            state = study.tell(number, value, TrialState.FAIL if value is None else None).state
        elif state == TrialState.RUNNING:
            study.sampler = sampler(about["sampler"], about["seed"], number)
            trial = optuna.trial.Trial(study, trial_id)
            settings = {p["path"]: suggested(trial, p) for p in about["space"]}
        answer(state=state.name, settings=settings)


try:
    serve(iter(sys.stdin))
except Exception as problem:  # gmel says it
    answer(error=f"{type(problem).__name__}: {problem}")
