// Package op holds our operations on gorgonia graphs.
//
// Every function takes nodes and returns the node of the result; shapes are checked at
// once, and a wrong shape is a programmer fault that panics with the op and all shapes.
// All nodes are float32 (or all float64, for oracles). Agents are rows: a batch of B samples
// with N agents is [B*N, H]; images are [B, Y, X, C], sequences [B, T, C]. Indices and actions are floats.
//
// An op knows its derivative (gorgonia.Grad works as usual), its slow execution on the
// reference interpreter (so that gorgonia's own TapeMachine runs the same graph) and how it
// is lowered to descriptors of package kernels (see [Lowerer]), which is what
// nn/machine uses. The forward and the backward of a family live in one file.
//
// A trap of gorgonia: Grad may be called once for a graph; a second call for another loss
// picks up the derivatives of the first where the two share nodes. Use one graph for each loss.
package op
