"""Runs a document's loader and compares it with decisions.safetensors; then saves the checkpoint again."""

import sys

import torch
from safetensors.torch import load_file, save_file

loader, checkpoint = sys.argv[1:]
exec(compile(open(loader).read(), loader, "exec"))
ours = load_file("decisions.safetensors")
got, actions = logits(ours["obs"], ours["mask"]), act(ours["obs"], ours["mask"])
legal = ours["mask"] > 0
assert got.shape == legal.shape and torch.isinf(got[~legal]).all(), "an illegal action is possible"
worst = (got - ours["logits"])[legal].abs().max().item()
assert worst < 1e-5, f"a logit differs by {worst}"
assert torch.equal(actions, ours["actions"].long()), "other actions"
print(len(actions), "decisions, of which", int((legal.sum(-1) > 1).sum()), "have a choice")
save_file(load_file(checkpoint), checkpoint)
