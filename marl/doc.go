// Package marl trains the actors of many agents with a centralised attention
// critic and executes them decentralised (AMARL): the actor-attention-critic of
// Iqbal & Sha, "Actor-Attention-Critic for Multi-Agent Reinforcement Learning"
// (ICML 2019, arXiv 1810.02912), applied to the edge offloading game of package
// sim or to any other [Env].
//
// Networks are gorgonia graphs (critic.go, actor.go); package nn/machine lowers
// them together with sampling, replay, Adam and the target updates into Programs
// over one arena (learner.go). A [Trainer] runs them: rollout, U updates, metrics.
//
// There are two algorithms ([Config].Algo). The off-policy form (offpolicy.go, update.go) learns the
// values of joint actions from a replay. The on-policy form (onpolicy.go, proximal.go) learns the
// values of states, with the same attention, from rollouts that it forgets: proximal policy
// optimisation (Schulman et al. 2017) with generalised advantages.
//
// Shapes: W worlds, A agents (IEDs), O observation, U actions, B joint transitions of
// a minibatch, H hidden, h heads. Agents are rows: a batch is [B*A, O].
//
// # Agents without a decision
//
// An agent with one legal action (an IED without a task) has nothing to decide. Its
// actor terms have weight 0 and means run over the agents that do decide; otherwise 60 %
// of the actor's loss would be a constant. The critic keeps them: the value of "no task
// now" is bootstrapped from by the slot before and must be right (Config.CriticIdle). Both algorithms
// do so.
package marl
