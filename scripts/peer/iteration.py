"""An iteration of the on-policy form on the worlds of `sim/python`: a rollout, then the updates on it.

`gmel bench ppo-update` checks that an update does the same work as the engine. This module checks a rollout: it plays the
worlds with the engine's actions, and observations and results must be the same. When timed, it draws its own actions.
"""

import numpy as np
import torch

import actor
import critic
import others
import step
from ppo import SETTINGS, TABLES, Learner, normalised, states
from step import parameters


def worlds_of(sizes):
    try:
        import gmel
    except ImportError as e:
        raise ImportError(f"{e}; the worlds need make python, and sim/python in PYTHONPATH") from e
    scenario = "paper" if sizes["agents"] == 30 else f"population:{sizes['agents']}"
    return gmel.Worlds(scenario, sizes["worlds"], seed=1, threads=torch.get_num_threads())


class Iteration:
    def __init__(self, sizes, arrays, attention, wrap):
        self.sizes, self.arrays = sizes, arrays
        self.w = w = worlds_of(sizes)
        settings = dict(zip(SETTINGS, arrays["settings"].tolist()))
        self.gamma, self.lam, self.omega = arrays["returns"].tolist()
        self.slots, self.rows = sizes["slots"], w.num_worlds * w.num_agents
        nets = {net: parameters({n: arrays[f"{net}/{n}"] for n in names}, names) for net, names in (("critic", critic.NAMES), ("actor", actor.NAMES))}
        self.learner = Learner(nets, settings, w.num_agents, attention, wrap)
        self.policy = wrap(lambda x, mask: actor.policy(nets["actor"], x, mask)[1])
        self.values = wrap(lambda x: states(nets["critic"], x, w.num_agents, self.learner.heads, attention)[0])
        names = ("reward", "logp", "value", "next", "ended", "decides")
        self.t = {n: torch.empty(self.slots, self.rows) for n in names}
        self.t |= {n: torch.empty(self.slots, self.rows, size) for n, size in (("observed", w.obs_size), ("legal", w.num_actions))}
        self.t["act"] = torch.empty(self.slots, self.rows, dtype=torch.long)

    def seen(self, obs):
        return normalised(torch.from_numpy(obs).view(self.rows, -1), self.arrays["obs_mean"], self.arrays["obs_scale"])

    def play(self, act):
        w = self.w
        w.step(act.view(w.num_worlds, w.num_agents).numpy().astype(np.int32))

    @torch.no_grad()
    def rollout(self, given=None):
        """Plays slot after slot; given [H, W*A] are actions to play instead of drawn ones."""
        w, t = self.w, self.t
        for slot in range(self.slots):
            t["observed"][slot].copy_(torch.from_numpy(w.obs).view(self.rows, -1))
            mask = t["legal"][slot].copy_(torch.from_numpy(w.mask).view(self.rows, -1))
            x = self.seen(w.obs)
            logp = self.policy(x, mask)
            act = (logp - torch.empty_like(logp).exponential_().log_()).argmax(-1) if given is None else given[slot]
            t["act"][slot], t["logp"][slot], t["decides"][slot] = act, critic.taken(logp, act), (mask.sum(-1) > 1).float()
            t["value"][slot] = self.values(x)
            self.play(act)
            t["next"][slot] = self.values(self.seen(self.successor()))
            t["reward"][slot] = self.mixed_reward()
            t["ended"][slot] = 2 * torch.from_numpy(w.truncated).float().repeat_interleave(w.num_agents)  # kernels.Truncated

    def successor(self):
        """The successor state of the action: the final state if the episode has ended."""
        w = self.w
        return np.where(w.truncated[:, None, None], w.final_obs, w.obs) if w.truncated.any() else w.obs

    def mixed_reward(self):
        reward, had = torch.from_numpy(self.w.reward), torch.from_numpy(self.w.had_task).float()
        crowd = (reward * had).sum(-1, keepdim=True) / had.sum(-1, keepdim=True).clamp(min=1)
        return ((1 - self.omega) * reward + self.omega * crowd).view(self.rows)

    @torch.no_grad()
    def prepare(self):
        """Advantages by GAE, and returns. Episodes end by time limits only, so every state has a successor."""
        t = self.t
        reward = (t["reward"] - self.arrays["reward_scale"][0]) / self.arrays["reward_scale"][1]
        delta = reward + self.gamma * t["next"] - t["value"]
        advantage, later = torch.empty_like(delta), torch.zeros_like(delta[0])
        for slot in reversed(range(self.slots)):
            later = delta[slot] + self.gamma * self.lam * (t["ended"][slot] == 0) * later
            advantage[slot] = later
        t["returns"] = advantage + t["value"]
        decided = advantage[t["decides"] > 0]
        t["advantage"] = (advantage - decided.mean()) / decided.std(correction=0)

    def update(self):
        count = self.slots * self.w.num_worlds
        tables = [self.t[n].view(count, self.w.num_agents, *self.t[n].shape[2:]) for n in TABLES]
        for _ in range(self.sizes["epochs"]):
            for index in torch.randperm(count).split(count // self.sizes["minibatches"]):
                obs, *rest = [x.index_select(0, index).flatten(0, 1) for x in tables]
                self.learner.learn(normalised(obs, self.arrays["obs_mean"], self.arrays["obs_scale"]), *rest, self.arrays["alpha"])

    def step(self):
        self.rollout()
        if self.sizes["updates"]:
            self.prepare()
            self.update()

    def check(self):
        for act in self.arrays["played/act"].view(-1, self.rows):
            self.play(act)
        self.rollout(self.arrays["rollout/act"].view(self.slots, self.rows).long())
        self.prepare()
        return {f"rollout/{n}": x.flatten() for n, x in self.t.items()}


def ways(sizes, arrays):
    if step.on_gpu():  # the worlds are on the host: not comparable to a rollout that never leaves the device
        return {}
    return others.ways(sizes["agents"], lambda attention, wrap: Iteration(sizes, arrays, attention, wrap))
