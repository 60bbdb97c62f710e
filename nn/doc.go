// Package nn holds layers, parameters and optimisers on gorgonia graphs.
//
// [Params] lists the parameters of a network and is bound ([Params.Bind]) to as many graphs
// as needed; [Params.Place] gives them memory in a layout: one flat vector with a named view
// for each parameter, so that the optimiser, target updates and checkpoints see one tensor.
package nn
