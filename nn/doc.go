// Package nn holds layers, parameters and optimisers on gorgonia graphs.
//
// [Params] lists the parameters of a network. [Params.Bind] adds them to a graph, and one network
// can be bound to several graphs. [Params.Place] gives them memory in a layout: one flat vector with
// a named view for each parameter. The optimiser and target updates see one tensor. [Params.Export] makes the tensors
// of a file of it, which PyTorch's layers read.
package nn
