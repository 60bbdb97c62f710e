"""Compares programs of others with decisions.safetensors, in the policy folder that is the working folder.

usage: check.py LOADER DECISIONS (numpy|torch|onnx|gmel)
"""

import sys

import numpy as np
from safetensors.numpy import load_file

loader, decisions, kind = sys.argv[1:]
ours = load_file(decisions)
observation, mask = ours["observation"], ours["mask"] > 0


def same(name, actions, logits):
    assert ours["logits"].std(0).min() > 1e-3, "all our logits are alike"
    worst = np.abs(logits - ours["logits"]).max()
    assert worst <= 1e-5, f"{name}: a logit differs by {worst}"
    wrong = (actions != ours["action"].astype(np.int64)).sum()
    assert wrong == 0, f"{name}: {wrong} other actions"
    print(f"{name}: {len(actions)} decisions, {len(np.unique(actions))} different ones, logits differ by up to {worst:.1g}")


def from_text():
    code = {}
    exec(compile(open(loader).read(), loader, "exec"), code)
    return code


if kind == "onnx":
    import onnx
    import onnx.reference
    import onnxruntime

    model = onnx.load("policy.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert [(o.domain, o.version) for o in model.opset_import] == [("", 17)]
    session = onnxruntime.InferenceSession("policy.onnx")
    feed = {"observation": observation, "mask": mask}
    same("ONNX Runtime", *session.run(None, feed))
    same("the reference evaluator of ONNX", *onnx.reference.ReferenceEvaluator(model).run(None, feed))
    single = [session.run(["action"], {k: v[i : i + 1] for k, v in feed.items()})[0][0] for i in range(100)]
    assert np.array_equal(single, ours["action"][:100]), "a batch of one decides otherwise"
    card = from_text()
    assert card["action"].shape == (1,) and card["action"][0] == 0, "the code of the model card"
elif kind == "torch":
    import torch

    code, seen = from_text(), torch.from_numpy(observation)
    same("PyTorch", code["act"](seen, torch.from_numpy(mask)).numpy(), code["logits"](seen).numpy())
else:
    code = from_text()
    same(kind, code["act"](observation, mask), code["logits"](observation))
