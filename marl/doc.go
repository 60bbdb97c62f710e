// Package marl trains the actors of many agents with a centralised critic and executes them
// decentralised, in the edge offloading game of package sim or in any other [Env].
//
// Every [Algorithm] has its own package:
//
//	marl/amarl    AMARL: off-policy, a critic of joint actions with attention (Iqbal & Sha 2019)
//	marl/ppo      amarl-ppo: on-policy, the same attention for the values of states (Schulman et al. 2017)
//	marl/isac     ISAC: off-policy, critics of the own observation only (Haarnoja et al. 2018, Christodoulou 2019)
//	marl/selfish  the selfish learner: ISAC with the own reward only
//	marl/maddpg   MADDPG: off-policy, critics of all observations and actions side by side (Lowe et al. 2017)
//	marl/ippo     IPPO: on-policy, values from the own observation only (de Witt et al. 2020)
//	marl/maa2c    MAA2C: on-policy, one step on n-step returns and the critic of MAPPO (Papoudakis et al. 2021)
//	marl/mappo    MAPPO: on-policy, values from the observations of all agents (Yu et al. 2022)
//	marl/d3qn     D3QN: off-policy, action values from the own observation only (Wang et al. 2016)
//	marl/vdn      VDN: off-policy, the value of the team is the sum of the agents' (Sunehag et al. 2018)
//	marl/qmix     QMIX: off-policy, the value of the team rises with the agents' (Rashid et al. 2018)
//
// This package has the parts that they share; package marl/replay has those of off-policy algorithms, and
// marl/qlearn those of learners of action values. A [Trainer] plays and learns: rollout, updates, metrics. An
// algorithm builds its [Learner] in a [Workshop]: it declares networks ([Net]), a memory ([Ring]), annealed
// scalars and [Statistics] there. The trainer initialises, anneals, checks, plans, profiles and saves all of
// them. Networks are gorgonia graphs (critic.go, actor.go); package nn/machine lowers them, together with
// sampling, storing and Adam, to Programs over one arena. A [Policy] executes the learned policy network.
//
// Shapes: W worlds, A agents (IEDs), O observation, U actions, B joint transitions of
// a minibatch, H hidden, h heads. Agents are rows: a batch is [B*A, O].
//
// # Agents without a decision
//
// An agent with one legal action (an IED without a task, or in reach of no ES) has nothing to decide.
// Its terms of the actor's loss have weight 0, and means are over the agents that do decide; otherwise
// 60 % of the actor's loss would be a constant. The critic keeps its terms: the slot before bootstraps
// from the value of "no task now", so this value must be right (CriticConfig.CriticIdle).
package marl
