// Package op holds our operations on gorgonia graphs.
//
// Every function takes nodes and returns the node of the result. It checks shapes at once. A wrong
// shape is a programming error: the function panics with the op and all shapes. All nodes are float32
// (or all float64, for oracles). Agents are rows: a batch of B samples with N agents is [B*N, H].
// Images are [B, Y, X, C], sequences [B, T, C]. Indices and actions are floats.
//
// An op has three parts: its derivative (gorgonia.Grad works as usual); a slow execution on the
// reference interpreter (so gorgonia's own TapeMachine runs the same graph); and its lowering to
// descriptors of package kernels (see [Lowerer]), which nn/machine uses. One file holds the forward
// and the backward pass of a family.
//
// A trap of gorgonia: call Grad only once per graph. Where two losses share nodes, a second call
// picks up derivatives of the first. Use one graph for each loss.
package op
