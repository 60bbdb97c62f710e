"""An update of the on-policy form: a minibatch of a rollout, critic of states, clipped objective."""

import torch
import torch.nn.functional as F

import actor
import critic
import others
from actor import leaky, weighted_mean
from step import adam, gradients, linear, parameters

SETTINGS = ("clip", "attention_penalty", "logit_penalty", "lr_critic", "lr_actor", "max_norm", "heads")
TABLES = ("observed", "legal", "act", "logp", "decides", "advantage", "returns")


def states(p, obs, agents, heads, attention):
    """V_i(o) [B*A], and the logits of attention, or queries and keys."""
    hidden = p["query.w"].shape[0]

    def split(x):
        return x.view(-1, agents, heads, hidden // heads).transpose(1, 2)

    e = leaky(linear(obs, p["encoder.w"], p["encoder.b"]))
    s = leaky(linear(obs, p["state.w"], p["state.b"]))
    q, k = split(linear(s, p["query.w"])), split(linear(e, p["key.w"]))
    v = split(leaky(linear(e, p["value.w"], p["value.b"])))
    x, z = attention(q, k, v)
    x = x.transpose(1, 2).reshape(-1, hidden)
    h = leaky(linear(torch.cat([s, x], -1), p["hidden.w"], p["hidden.b"]))
    return linear(h, p["output.w"], p["output.b"])[:, 0], z, (q, k)


class Learner:
    """Both networks and their optimisers; the losses are what `wrap` makes of them."""

    def __init__(self, nets, settings, agents, attention, wrap):
        self.nets, self.s, self.agents, self.attention = nets, settings, agents, attention
        self.heads, self.itself = int(settings["heads"]), torch.eye(agents, dtype=torch.bool)
        self.optimisers = {n: adam(nets[n], "fused", settings["lr_" + n]) for n in nets}
        self.critic_loss, self.actor_loss = wrap(self.critic_loss), wrap(self.actor_loss)

    def critic_loss(self, p, obs, returns):
        v, z, (q, k) = states(p, obs, self.agents, self.heads, self.attention)
        if z is None:
            z = others.logits(q, k)
        penalty = z.masked_fill(self.itself, 0).square().sum() / (z.numel() - z.numel() // self.agents)
        return (v - returns).square().mean() + self.s["attention_penalty"] * penalty

    def actor_loss(self, p, obs, mask, act, then, advantage, active, alpha):
        logits, logp = actor.policy(p, obs, mask)
        rho = (critic.taken(logp, act) - then).exp()
        eps = self.s["clip"]
        gain = torch.minimum(rho * advantage, rho.clamp(1 - eps, 1 + eps) * advantage)
        entropy = -weighted_mean((logp.exp() * logp).sum(-1), active)
        penalty = self.s["logit_penalty"] / logits.shape[1] * weighted_mean(logits.square().sum(-1), active)
        return -weighted_mean(gain, active) - alpha * entropy + penalty

    def descend(self, net, loss, found=None):
        self.optimisers[net].zero_grad(set_to_none=True)
        loss.backward()
        if found is not None:
            found.update({n: g.clone() for n, g in gradients(self.nets[net], f"grad/{net}/").items()})
        torch.nn.utils.clip_grad_norm_(self.nets[net].values(), self.s["max_norm"])
        self.optimisers[net].step()

    def learn(self, obs, mask, act, then, active, advantage, returns, alpha, found=None):
        """One minibatch of agents in rows."""
        loss = self.critic_loss(self.nets["critic"], obs, returns)
        self.descend("critic", loss, found)
        policy = self.actor_loss(self.nets["actor"], obs, mask, act, then, advantage, active, alpha)
        self.descend("actor", policy, found)
        return loss, policy


def normalised(obs, mean, scale):
    return ((obs - mean) * scale).clamp(-5, 5)


class Update:
    def __init__(self, sizes, arrays, attention, wrap):
        self.a, self.batch = arrays, sizes["batch"]
        settings = dict(zip(SETTINGS, arrays["settings"].tolist()))
        nets = {net: parameters({n: arrays[f"{net}/{n}"] for n in names}, names) for net, names in (("critic", critic.NAMES), ("actor", actor.NAMES))}
        self.learner = Learner(nets, settings, sizes["agents"], attention, wrap)
        self.tables = [arrays["rollout/" + name] for name in TABLES]
        self.agents = sizes["agents"]

    def run(self, rows, found=None):
        obs, mask, act, then, active, advantage, returns = [t.index_select(0, rows) for t in self.tables]
        n = self.batch * self.agents
        obs = normalised(obs.view(n, -1), self.a["obs_mean"], self.a["obs_scale"])
        flat = [x.reshape(n) for x in (then, active, advantage, returns)]
        return self.learner.learn(obs, mask.view(n, -1), act.reshape(n).long(), *flat, self.a["alpha"], found)

    def step(self):
        self.run(torch.randint(self.tables[0].shape[0], (self.batch,)))

    def check(self):
        found = {}
        found["critic_loss"], found["actor_loss"] = self.run(self.a["minibatch"].long(), found)
        return found


def ways(sizes, arrays):
    return others.ways(sizes["agents"], lambda attention, wrap: Update(sizes, arrays, attention, wrap))
