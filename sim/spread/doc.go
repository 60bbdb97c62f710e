// Package spread is simple_spread, the benchmark game of the multi-agent particle environments: N agents
// cover N landmarks and keep apart. It has the rules of simple_spread_v3 of PettingZoo (Terry et al. 2021,
// now the package MPE2) with discrete actions; the game is from Lowe et al. 2017, "Multi-agent actor-critic
// for mixed cooperative-competitive environments", and its physics from Mordatch & Abbeel 2018. Results in it can
// be compared with those of other programs, which the edge game cannot.
//
// [Worlds] steps W copies together. It has the methods of an environment for training. Its state is float32
// and its random numbers are counter-based, so the same seed gives the same bits with any number of threads on
// every processor. PettingZoo computes in float64 and draws other positions; testdata/golden.py writes its
// trajectories, and the tests compare each step with them.
//
// # Rules
//
// An agent is a disc of radius 0.15 and mass 1; a landmark is a point that neither moves nor collides. An episode
// begins with all of them at uniform places of [-1, 1)^2 and all agents at rest. In a cycle of dt = 0.1 an agent does
// nothing or pushes left, right, down or up with force 5. With the contact forces f of all pairs (see contact.go)
//
//	x' = x + v dt,   v' = (1 - 0.25) v + (u + f) dt
//
// The reward of agent i after the move is
//
//	r_i = -(1 - local_ratio) sum_l min_j |x_j - y_l| - local_ratio c_i
//
// where c_i is the number of agents nearer than 0.3. An episode is cut after max_cycles cycles; the rules never
// end it.
//
// # Two scales
//
// Papers state the return of an episode on two scales: the mean over agents, and the sum over agents, which is N
// times as large. With the default settings random play has -26.45 and -79.36, and standing still -24.17 and -72.52
// (300,000 episodes, standard errors 0.015 and 0.045).
//
// Shapes: W worlds, A agents, O observation, U actions.
package spread
