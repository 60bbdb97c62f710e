"""PPO on the worlds of GMEL, in one file: ``python sim/python/examples/ppo.py``.

All IEDs share one actor, whose input is the observation of one IED. The critic's input also has
the mean observation of all IEDs in the world. The code follows CleanRL's ppo.py: Schulman et al.
2017, "Proximal Policy Optimization Algorithms", with generalised advantages, clipped objective and
annealed learning rate. Episodes end only at their time limit, so values bootstrap from
``final_obs`` there.

It needs torch as well: ``make python && pip install ./sim/python torch``.

The default run (seed 1; 2.9 million decisions of IEDs, a fraction 0.4 of them with a task; 2 to 3
minutes on one core of an AMD Zen 3, torch 2.15) ends with

    200 episodes of scenario paper, other halls than in training:
    ppo            completion 0.9617, latency 0.718 s
    random         completion 0.4579, latency 1.539 s
    greedy         completion 0.7526, latency 1.285 s
    switch-aware   completion 0.9764, latency 0.678 s
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch
from torch import nn

import gmel


def settings() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    p.add_argument("--scenario", default="paper")
    p.add_argument("--worlds", type=int, default=32)
    p.add_argument("--updates", type=int, default=120)
    p.add_argument("--slots", type=int, default=25, help="of all worlds between two updates")
    p.add_argument("--epochs", type=int, default=4, help="passes over the data of an update")
    p.add_argument("--minibatches", type=int, default=8)
    p.add_argument("--rate", type=float, default=1e-3, help="of learning at the start; falls to 0")
    p.add_argument("--gamma", type=float, default=0.95)
    p.add_argument("--lam", type=float, default=0.95, help="lambda of the advantages")
    p.add_argument("--clip", type=float, default=0.2)
    p.add_argument("--entropy", type=float, default=0.01)
    p.add_argument("--mix", type=float, default=0.95, help="share of the mean reward of all IEDs in an IED's reward")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--episodes", type=int, default=200, help="of an evaluation")
    return p.parse_args()


class Agent(nn.Module):
    """Actor [..., O] -> logits [..., U] and critic [..., 2 O] -> values [...]."""

    def __init__(self, obs: int, actions: int, hidden: int = 64) -> None:
        super().__init__()
        self.actor = self._net(obs, hidden, actions, 0.01)
        self.critic = self._net(2 * obs, hidden, 1, 1.0)

    @staticmethod
    def _net(inputs: int, hidden: int, outputs: int, gain: float) -> nn.Sequential:
        layers = [nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, outputs)]
        for layer in layers[::2]:
            nn.init.orthogonal_(layer.weight, gain if layer is layers[-1] else 2**0.5)
            nn.init.zeros_(layer.bias)
        return nn.Sequential(*layers)

    def policy(self, obs: torch.Tensor, mask: torch.Tensor) -> torch.distributions.Categorical:
        logits = self.actor(obs).masked_fill(mask == 0, -1e9)
        return torch.distributions.Categorical(logits=logits, validate_args=False)

    def value(self, obs: torch.Tensor) -> torch.Tensor:
        """The critic's input for observations [..., A, O]; it covers all agents of a world."""
        return self.critic(torch.cat([obs, obs.mean(-2, keepdim=True).expand_as(obs)], -1)).squeeze(-1)


class Rollout:
    """The transitions of T slots of W worlds of A agents."""

    def __init__(self, slots: int, w: gmel.Worlds) -> None:
        shape = (slots, w.num_worlds, w.num_agents)
        self.obs, self.mask = torch.empty(*shape, w.obs_size), torch.empty(*shape, w.num_actions)
        self.action = torch.empty(shape, dtype=torch.int64)
        self.logp, self.reward, self.value, self.next_value = (torch.empty(shape) for _ in range(4))
        self.active, self.over = torch.empty(shape, dtype=torch.bool), torch.empty(slots, w.num_worlds, 1)

    def play(self, w: gmel.Worlds, agent: Agent, mix: float) -> None:
        for t in range(len(self.obs)):
            self.obs[t], self.mask[t] = torch.from_numpy(w.obs), torch.from_numpy(w.mask)
            policy = agent.policy(self.obs[t], self.mask[t])
            self.action[t] = policy.sample()
            self.logp[t], self.value[t] = policy.log_prob(self.action[t]), agent.value(self.obs[t])
            w.step(self.action[t].numpy())
            self.active[t] = torch.from_numpy(w.had_task)
            own, active = torch.from_numpy(w.reward), self.active[t]
            mean = own.sum(1, keepdim=True) / active.sum(1, keepdim=True).clamp(min=1)
            self.reward[t] = (1 - mix) * own * active + mix * mean
            over = torch.from_numpy(w.truncated)[:, None]
            self.over[t] = over.float()
            after = torch.where(over[..., None], torch.from_numpy(w.final_obs), torch.from_numpy(w.obs))
            self.next_value[t] = agent.value(after)

    def advantages(self, gamma: float, lam: float) -> torch.Tensor:
        """[T, W, A] generalised advantages: the sum stops at the end of an episode, the bootstrap does not."""
        advantage, out = torch.zeros_like(self.value[0]), torch.empty_like(self.value)
        for t in reversed(range(len(out))):
            delta = self.reward[t] + gamma * self.next_value[t] - self.value[t]
            advantage = out[t] = delta + gamma * lam * (1 - self.over[t]) * advantage
        return out


def update(agent: Agent, optimiser: torch.optim.Optimizer, r: Rollout, o: argparse.Namespace) -> None:
    advantage = r.advantages(o.gamma, o.lam)
    target = advantage + r.value
    seen = advantage[r.active]
    advantage = (advantage - seen.mean()) / (seen.std() + 1e-8)
    flat = [x.flatten(0, 1) for x in (r.obs, r.mask, r.action, r.logp, advantage, target, r.active)]
    for _ in range(o.epochs):
        for rows in torch.randperm(len(flat[0])).chunk(o.minibatches):
            obs, mask, action, logp, adv, goal, active = (x[rows] for x in flat)
            policy = agent.policy(obs[active], mask[active])
            ratio = (policy.log_prob(action[active]) - logp[active]).exp()
            adv = adv[active]
            gain = torch.minimum(ratio * adv, ratio.clamp(1 - o.clip, 1 + o.clip) * adv).mean()
            error = (agent.value(obs) - goal).square().mean()
            loss = 0.5 * error - gain - o.entropy * policy.entropy().mean()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
            optimiser.step()


def evaluate(o: argparse.Namespace, agent: Agent | str) -> tuple[float, float]:
    """Completion rate and mean latency in s of the agent's most probable actions, or of a heuristic."""
    w = gmel.Worlds(o.scenario, o.episodes, seed=o.seed + 1000, threads=o.threads, record_tasks=True, copy=True)
    tasks = completed = latency = 0.0
    while True:
        if isinstance(agent, str):
            w.play(agent)
        else:
            w.step(agent.policy(torch.from_numpy(w.obs), torch.from_numpy(w.mask)).logits.argmax(-1).numpy())
        tasks += np.count_nonzero(w.had_task)
        completed += np.count_nonzero(w.tasks["completed"])
        latency += float(w.tasks["latency"].sum(dtype=np.float64))
        if w.truncated.all():
            return completed / tasks, latency / tasks


def main() -> None:
    o = settings()
    torch.manual_seed(o.seed)
    torch.set_num_threads(o.threads)
    worlds = gmel.Worlds(o.scenario, o.worlds, seed=o.seed, threads=o.threads, copy=True)
    agent = Agent(worlds.obs_size, worlds.num_actions)
    optimiser = torch.optim.Adam(agent.parameters(), o.rate, eps=1e-5)
    rollout, begin = Rollout(o.slots, worlds), time.perf_counter()
    for n in range(o.updates):
        optimiser.param_groups[0]["lr"] = o.rate * (1 - n / o.updates)
        with torch.no_grad():
            rollout.play(worlds, agent, o.mix)
        update(agent, optimiser, rollout, o)
        if (n + 1) % max(1, o.updates // 10) == 0:
            reward = rollout.reward.mean().item()
            print(f"update {n + 1:4} of {o.updates}, reward {reward:.3f}, {time.perf_counter() - begin:.0f} s", flush=True)
    print(f"{o.episodes} episodes of scenario {o.scenario}, other halls than in training:")
    with torch.no_grad():
        for policy in (agent, "random", "greedy", "switch-aware"):
            completion, latency = evaluate(o, policy)
            print(f"{'ppo' if policy is agent else policy:14} completion {completion:.4f}, latency {latency:.3f} s")


if __name__ == "__main__":
    main()
