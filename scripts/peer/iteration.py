"""The on-policy form in PyTorch on the worlds of `sim/python`: three columns as `gmel bench train`.

The update is that of ppo.py, whose losses and gradients `gmel bench ppo-update --peer` compares with the
engine's; networks start at random here. Usage, after `make python`:

    PYTHONPATH=sim/python:scripts/peer python scripts/peer/train.py --ieds 30 --worlds 64 --threads 2
"""

import argparse
import json
import statistics
import time

import gmel
import numpy as np
import torch

import actor
import critic
from ppo import Learner, normalised, states
from step import parameters

HIDDEN, HEADS, SLOTS, EPOCHS, MINIBATCHES, GAMMA, LAMBDA, OMEGA, ALPHA = 64, 4, 32, 4, 16, 0.8, 0.9, 0.95, 0.02
SETTINGS = dict(clip=0.2, attention_penalty=1e-3, logit_penalty=1e-3, lr_critic=2e-3, lr_actor=2e-3, max_norm=1.0, heads=HEADS)


def network(sizes):
    """Weights [in, out] and biases by name, uniform as PyTorch's Linear."""
    arrays = {}
    for name, (rows, cols, bias) in sizes.items():
        bound = rows**-0.5
        arrays[name + ".w"] = torch.empty(rows, cols).uniform_(-bound, bound)
        if bias:
            arrays[name + ".b"] = torch.empty(cols).uniform_(-bound, bound)
    return parameters(arrays, list(arrays))


class Trainer:
    def __init__(self, worlds, attention):
        self.w, self.attention = worlds, attention
        o, u, h = worlds.obs_size, worlds.num_actions, HIDDEN
        self.nets = {
            "critic": network({"encoder": (o, h, 1), "state": (o, h, 1), "value": (h, h, 1), "hidden": (2 * h, h, 1),
                               "output": (h, 1, 1), "query": (h, h, 0), "key": (h, h, 0)}),
            "actor": network({"first": (o, h, 1), "second": (h, h, 1), "logits": (h, u, 1)}),
        }  # fmt: skip
        self.learner = Learner(self.nets, SETTINGS, worlds.num_agents, attention, lambda f: f)
        self.mean, self.scale, self.unit = torch.zeros(o), torch.ones(o), torch.tensor([0.0, 1.0])
        self.alpha = torch.tensor(ALPHA)
        shape = (SLOTS, worlds.num_worlds * worlds.num_agents)
        self.t = {n: torch.empty(shape) for n in ("reward", "then", "value", "next", "ended", "active")}
        self.t |= {"obs": torch.empty(*shape, o), "mask": torch.empty(*shape, u), "act": torch.empty(shape, dtype=torch.long)}

    def values(self, obs):
        return states(self.nets["critic"], obs, self.w.num_agents, HEADS, self.attention)[0]

    @torch.no_grad()
    def rollout(self):
        w, t = self.w, self.t
        n = w.num_worlds * w.num_agents
        for slot in range(SLOTS):
            obs, mask = t["obs"][slot], t["mask"][slot]
            obs.copy_(torch.from_numpy(w.obs).view(n, -1))
            mask.copy_(torch.from_numpy(w.mask).view(n, -1))
            x = normalised(obs, self.mean, self.scale)
            logp = actor.policy(self.nets["actor"], x, mask)[1]
            act = (logp - torch.empty_like(logp).exponential_().log_()).argmax(-1)
            t["act"][slot], t["then"][slot], t["active"][slot] = act, critic.taken(logp, act), (mask.sum(-1) > 1).float()
            t["value"][slot] = self.values(x)
            w.step(act.view(w.num_worlds, w.num_agents).numpy().astype(np.int32))
            cut = torch.from_numpy(w.truncated)
            successor = torch.from_numpy(w.obs)
            if cut.any():
                successor = torch.where(cut[:, None, None], torch.from_numpy(w.final_obs), successor)
            t["next"][slot] = self.values(normalised(successor.reshape(n, -1), self.mean, self.scale))
            reward, had = torch.from_numpy(w.reward), torch.from_numpy(w.had_task).float()
            crowd = (reward * had).sum(-1, keepdim=True) / had.sum(-1, keepdim=True).clamp(min=1)
            t["reward"][slot] = ((1 - OMEGA) * reward + OMEGA * crowd).view(n)
            t["ended"][slot] = cut.float().repeat_interleave(w.num_agents)

    @torch.no_grad()
    def prepare(self):
        t = self.t
        reward = (t["reward"] - self.unit[0]) / self.unit[1]
        delta = reward + GAMMA * t["next"] - t["value"]  # episodes end by time limits only
        advantage, later = torch.empty_like(delta), torch.zeros_like(delta[0])
        for slot in reversed(range(SLOTS)):
            later = delta[slot] + GAMMA * LAMBDA * (1 - t["ended"][slot]) * later
            advantage[slot] = later
        t["returns"] = advantage + t["value"]
        decided = advantage[t["active"] > 0]
        t["advantage"] = (advantage - decided.mean()) / decided.std(correction=0)

    def update(self):
        w = self.w
        rows, batch = SLOTS * w.num_worlds, SLOTS * w.num_worlds // MINIBATCHES
        table = {n: x.view(rows, w.num_agents, *x.shape[2:]) for n, x in self.t.items()}
        for _ in range(EPOCHS):
            for index in torch.randperm(rows).split(batch):
                part = {n: table[n].index_select(0, index).flatten(0, 1) for n in ("obs", "mask", "act", "then", "active", "advantage", "returns")}
                part["obs"] = normalised(part["obs"], self.mean, self.scale)
                self.learner.learn(*part.values(), self.alpha)

    def warm(self):
        self.rollout()
        x, r = self.t["obs"].flatten(0, 1), self.t["reward"]
        self.mean, self.scale = x.mean(0), 1 / x.std(0, correction=0).clamp(min=1e-6)
        self.unit = torch.stack([r.mean(), r.std(correction=0)])

    def iterate(self):
        self.rollout()
        self.prepare()
        self.update()


def median(run, seconds):
    run()
    samples, end = [], time.perf_counter() + seconds
    while len(samples) < 3 or time.perf_counter() < end:
        begin = time.perf_counter()
        run()
        samples.append(time.perf_counter() - begin)
    return statistics.median(samples)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--ieds", type=int, default=30)
    p.add_argument("--worlds", type=int, default=64)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--seconds", type=float, default=10)
    o = p.parse_args()
    torch.set_num_threads(o.threads)
    torch.manual_seed(1)
    scenario = "paper" if o.ieds == 30 else f"population:{o.ieds}"
    for name, attention in (("fused attention", critic.fused), ("explicit attention", critic.explicit)):
        worlds = gmel.Worlds(scenario, worlds=o.worlds, threads=o.threads)
        worlds.reset()
        t = Trainer(worlds, attention)
        t.warm()
        steps = SLOTS * o.worlds * o.ieds
        actions = t.t["act"][0].view(o.worlds, o.ieds).numpy().astype(np.int32)

        def step():
            for _ in range(SLOTS):
                worlds.step(actions * (worlds.mask[..., -1] > 0))

        rates = {n: steps / median(f, o.seconds) for n, f in (("step_inference_update", t.iterate), ("step_inference", t.rollout), ("step", step))}
        print(json.dumps({"name": "train", "peer": "PyTorch " + torch.__version__, "way": "eager, " + name, "ieds": o.ieds, "worlds": o.worlds,
                          "threads": o.threads, "unit": "agent-steps/s", **rates}))  # fmt: skip


if __name__ == "__main__":
    main()
