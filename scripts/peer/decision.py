"""The time of a decision of policy.onnx in ONNX Runtime on one thread, called from Python.

decision.py input FOLDER FILE writes observations [N, O] in float32 and masks [N, U] in bytes, spread as those of training.
decision.py run FOLDER FILE ACTIONS prints, for each size of a batch, the fastest and the median batch in us per decision, and how many
actions are those of the file ACTIONS.
"""
import json
import pathlib
import sys
import time

import numpy as np
from safetensors.numpy import load_file

ROWS = 1000


def sizes(folder):
    interface = json.loads((folder / "contract.json").read_text())["interface"]
    return len(interface["observations"]), len(interface["actions"])


def write(folder, file):
    inputs, outputs = sizes(folder)
    rng = np.random.default_rng(1)
    t = load_file(folder / "policy.safetensors")
    obs = t["normaliser.mean"] + rng.standard_normal((ROWS, inputs), np.float32) / t["normaliser.scale"]
    mask = rng.random((ROWS, outputs)) < 0.8
    mask[:, 0] = True
    file.write_bytes(obs.astype(np.float32).tobytes() + mask.astype(np.uint8).tobytes())


def run(folder, file, actions):
    import onnxruntime

    inputs, outputs = sizes(folder)
    data = file.read_bytes()
    obs = np.frombuffer(data, np.float32, ROWS * inputs).reshape(ROWS, inputs)
    mask = np.frombuffer(data, np.uint8, offset=4 * ROWS * inputs).reshape(ROWS, outputs).astype(bool)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(folder / "policy.onnx", options, providers=["CPUExecutionProvider"])
    for batch, together in ((1, 100), (ROWS, 1)):
        parts = [{"observation": obs[i : i + batch], "mask": mask[i : i + batch]} for i in range(0, ROWS, batch)]
        took = []
        for _ in range(100):
            chosen = []
            for i in range(0, len(parts), together):
                begin = time.perf_counter()
                chosen += [session.run(["action"], part)[0] for part in parts[i : i + together]]
                took.append((time.perf_counter() - begin) / (batch * together) * 1e6)
        same = (np.concatenate(chosen) == np.frombuffer(actions.read_bytes(), np.uint8)).sum()
        print(f"ONNX Runtime {onnxruntime.__version__}, batch {batch}, from Python|{min(took):.2f} {np.median(took):.2f}|{same} of {ROWS} actions are the same")


if __name__ == "__main__":
    {"input": write, "run": run}[sys.argv[1]](*map(pathlib.Path, sys.argv[2:]))
