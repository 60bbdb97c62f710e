// Package marl trains the actors of many agents with a centralised critic and executes them
// decentralised, in the edge offloading game of package sim or in any other [Env].
//
// How to learn is an [Algorithm]'s business, and each has a package of its own:
//
//	marl/amarl  AMARL: off-policy, a critic of joint actions with attention (Iqbal & Sha 2019)
//	marl/ppo    amarl-ppo: on-policy, the same attention for the values of states (Schulman et al. 2017)
//	marl/ippo   IPPO: on-policy, values from the own observation only (de Witt et al. 2020)
//
// This package holds what they share. A [Trainer] plays and learns: rollout, updates, metrics. An
// algorithm builds its [Learner] in a [Workshop], where it declares networks ([Net]), a memory ([Ring]),
// annealed scalars and [Statistics]; the trainer initialises, anneals, checks, plans, profiles and keeps
// all that is declared there. Networks are gorgonia graphs (critic.go, actor.go); package nn/machine lowers
// them together with sampling, storing and Adam into Programs over one arena. A [Policy] executes what
// was learned.
//
// Shapes: W worlds, A agents (IEDs), O observation, U actions, B joint transitions of
// a minibatch, H hidden, h heads. Agents are rows: a batch is [B*A, O].
//
// # Agents without a decision
//
// An agent with one legal action (an IED without a task) has nothing to decide. Its
// actor terms have weight 0 and means run over the agents that do decide; otherwise 60 %
// of the actor's loss would be a constant. The critic keeps them: the value of "no task
// now" is bootstrapped from by the slot before and must be right (Config.CriticIdle).
package marl
