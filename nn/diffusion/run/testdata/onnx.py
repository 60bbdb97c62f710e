"""Draws by sample.py of a folder and compares with our samples: onnx.py FOLDER FILE STEPS PAGE

FILE has noise at the first level and values of samples, both [n, ..., C]. The last lines of Python in PAGE draw, too."""

import os
import sys

import numpy as np
from safetensors.numpy import load_file

folder, path, steps, page = sys.argv[1:]
ours, shown = load_file(path), open(page).read().split("\n```python\n")[-1].split("\n```\n")[0]
os.chdir(folder)
sys.dont_write_bytecode = True
sys.path.insert(0, ".")
from sample import meta, sample, values

noise = np.moveaxis(ours["noise"], -1, 1) / np.float32(meta["sigma_max"])
assert noise.shape[1:] == tuple(np.roll(meta["shape"], 1))
got, span = values(sample(meta["classes"], int(steps), np.ascontiguousarray(noise))), meta["high"] - meta["low"]
assert got.dtype == np.float32 and ours["values"].std() > 0.01 * span, "our samples are alike"
worst = np.abs(got - ours["values"]).max() / span
assert worst < 1e-4, f"a value differs by {worst} of their range"
print(f"{len(got)} samples, values differ by up to {worst:.1g} of their range")
code = {}
exec(compile(shown, page, "exec"), code)
drawn = code["pictures"] if "pictures" in code else code["window"][None]
assert drawn.shape[1:] == got.shape[1:] and np.isfinite(drawn).all(), "the code of " + page
