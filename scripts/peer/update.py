"""The whole update of AMARL. The engine also sums statistics, which are left out here."""

import torch

import actor
import critic
import others
from step import adam, gradients, parameters

SETTINGS = ("gamma", "polyak", "attention_penalty", "logit_penalty", "lr_critic", "lr_actor", "max_norm", "heads")
TABLES = ("obs", "mask", "act", "reward", "next_obs", "next_mask", "terminated")


class Update:
    def __init__(self, sizes, arrays, attention, wrap):
        self.a, self.batch, self.agents, self.attention = arrays, sizes["batch"], sizes["agents"], attention
        self.s = dict(zip(SETTINGS, arrays["settings"].tolist()))
        self.heads, self.itself = int(self.s["heads"]), torch.eye(self.agents, dtype=torch.bool)
        self.tables = [arrays["replay/" + name] for name in TABLES]
        self.filled = int(arrays["replay/size"][0])
        self.nets = {}
        for net, names in (("critic", critic.NAMES), ("actor", actor.NAMES)):
            for kind in (net, net + "_target"):
                self.nets[kind] = self.network(kind, names)
        for name in ("critic_target", "actor_target"):
            for p in self.nets[name].values():
                p.requires_grad_(False)
        self.optimisers = {net: adam(self.nets[net], "fused", self.s["lr_" + net]) for net in ("critic", "actor")}
        self.minibatch, self.policy, self.target = wrap(self.minibatch), wrap(self.policy), wrap(self.target)
        self.critic_loss, self.actor_loss = wrap(self.critic_loss), wrap(self.actor_loss)

    def network(self, kind, names):
        given = {n: self.a[f"{kind}/{n}"] for n in names}
        return parameters(given, names)

    def normalised(self, obs):
        return ((obs - self.a["obs_mean"]) * self.a["obs_scale"]).clamp(-5, 5)

    def minibatch(self, rows):
        obs, mask, act, reward, next_obs, next_mask, terminated = [t.index_select(0, rows) for t in self.tables]
        n = self.batch * self.agents
        return (self.normalised(obs.view(n, -1)), mask.view(n, -1), act.view(n).long(), reward.view(n),
                self.normalised(next_obs.view(n, -1)), next_mask.view(n, -1), terminated.view(n))

    def values(self, p, obs, act):
        return critic.values(p, obs, act, self.agents, self.heads, self.attention)

    def policy(self, p, obs, mask):
        return actor.policy(p, obs, mask)[1]

    def target(self, p, mb, logp, act):
        _, _, _, reward, next_obs, _, terminated = mb
        q, _, _ = self.values(p, next_obs, act)
        v = critic.taken(q - self.a["alpha"] * logp, act)
        mean, std = self.a["reward_moments"]
        return (reward - mean) / std + self.s["gamma"] * (1 - terminated) * v

    def critic_loss(self, p, obs, act, y):
        q, z, (query, key) = self.values(p, obs, act)
        if z is None:
            z = others.logits(query, key)
        pairs = z.numel() - z.numel() // self.agents
        penalty = z.masked_fill(self.itself, 0).square().sum() / pairs
        return (critic.taken(q, act) - y).square().mean() + self.s["attention_penalty"] * penalty, q

    def actor_loss(self, p, obs, mask, q):
        return actor.closed_form(p, obs, mask, q, self.a["alpha"], self.s["logit_penalty"])

    def sample(self, logp):
        return (logp - torch.empty_like(logp).exponential_().log_()).argmax(-1)

    def descend(self, net, loss):
        self.optimisers[net].zero_grad(set_to_none=True)
        loss.backward()
        found = gradients(self.nets[net], f"grad/{net}/") if self.checking else {}
        found = {n: g.clone() for n, g in found.items()}
        torch.nn.utils.clip_grad_norm_(self.nets[net].values(), self.s["max_norm"], foreach=True)
        self.optimisers[net].step()
        return found

    def update(self, rows, act=None):
        with torch.no_grad():
            mb = self.minibatch(rows)
            logp = self.policy(self.nets["actor_target"], mb[4], mb[5])
            y = self.target(self.nets["critic_target"], mb, logp, self.sample(logp) if act is None else act)
        obs, mask, taken = mb[:3]
        critic_loss, q = self.critic_loss(self.nets["critic"], obs, taken, y)
        found = self.descend("critic", critic_loss)
        actor_loss = self.actor_loss(self.nets["actor"], obs, mask, q.detach())
        found.update(self.descend("actor", actor_loss))
        with torch.no_grad():
            for net in ("critic", "actor"):
                torch._foreach_lerp_(list(self.nets[net + "_target"].values()), list(self.nets[net].values()), self.s["polyak"])
        return {"critic_loss": critic_loss, "actor_loss": actor_loss, **found}

    checking = False

    def step(self):
        self.update(torch.randint(self.filled, (self.batch,)))

    def check(self):
        self.checking = True
        found = self.update(self.a["rows"].long(), self.a["next"].long())
        self.checking = False
        return found


def ways(sizes, arrays):
    return others.ways(sizes["agents"], lambda attention, wrap: Update(sizes, arrays, attention, wrap))
