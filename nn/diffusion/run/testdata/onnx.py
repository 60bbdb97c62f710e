"""Draws by the text of a document from a folder with denoiser.onnx, and compares: onnx.py FOLDER DIR STEPS

DIR has loader.py, the text, and drawn.safetensors: noise at the first level [n, C, Y, X], and the values of our samples [n, Y, X, C]."""

import json
import os
import sys

import numpy as np
from safetensors.numpy import load_file

folder, directory, steps = sys.argv[1:]
ours, text = load_file(directory + "/drawn.safetensors"), open(directory + "/loader.py").read()
os.chdir(folder)
code = {}
exec(compile(text, "loader.py", "exec"), code)
meta = code["meta"]
assert meta["classes"] == json.load(open("model_index.json"))["data"]["classes"]
x = code["sample"](meta["classes"], int(steps), ours["noise"] / np.float32(meta["sigma_max"]))
got, span = code["values"](x), meta["high"] - meta["low"]
assert got.dtype == np.float32 and ours["values"].std() > 0.01 * span, "our samples are alike"
worst = np.abs(got - ours["values"]).max() / span
assert worst < 1e-4, f"a value differs by {worst} of their range"
print(f"{len(x)} samples, values differ by up to {worst:.1g} of their range")
