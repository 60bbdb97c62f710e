// Package replay is what off-policy algorithms share: a memory of joint transitions, minibatches drawn from it,
// the target of temporal differences, and the statistics of a critic's updates.
//
// Shapes: R capacity, B joint transitions of a minibatch, A agents, O observation, U actions. Agents are rows: a
// minibatch is [B*A, O].
package replay
