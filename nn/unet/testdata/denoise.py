"""Compares denoiser.onnx in a folder with batch.safetensors there: denoise.py FOLDER"""

import sys

import numpy as np
import onnx
import onnx.reference
import onnxruntime
from safetensors.numpy import load_file

(folder,) = sys.argv[1:]
model = onnx.load(folder + "/denoiser.onnx")
onnx.checker.check_model(model, full_check=True)
ours = load_file(folder + "/batch.safetensors")
feed = {"x": ours["x"], "sigma": ours["sigma"], "class": ours["class"].astype(np.int64)}
feed = {i.name: feed[i.name] for i in model.graph.input}
session = onnxruntime.InferenceSession(folder + "/denoiser.onnx")
scale = np.abs(ours["denoised"]).max()
assert scale > 0.01, "our output is about 0"
for name, run in {"ONNX Runtime": session.run, "the reference evaluator": onnx.reference.ReferenceEvaluator(model).run}.items():
    (got,) = run(None, feed)
    worst = np.abs(got - ours["denoised"]).max() / scale
    assert got.shape == ours["denoised"].shape and worst < 1e-5, f"{name} differs by {worst}"
    print(f"{name}: differs by up to {worst:.1g} of the largest number")
