// Package federated trains one diffusion model on images that stay where they are: federated averaging (McMahan et al.,
// "Communication-efficient learning of deep networks from decentralized data", arXiv 1602.05629, algorithm 1).
//
// A cell owns images. In a round, every cell starts from the same parameters and makes some updates on its own images. Then the
// parameters of all cells are replaced by their mean, weighted by numbers of images. Nothing but parameters, and the sums by which
// values are standardised (Standard), leaves a cell. All cells take part in every round.
//
// # What stays in a cell
//
// Moments of Adam stay, and are not reset. So they cost no traffic, and one cell alone is plain training, to the bit. A reset would
// undo the correction of their bias at every round, and the first steps of each would have the full rate in every parameter,
// whatever its gradient.
//
// The average of the parameters over time (fit.Options.EMA), from which samples are drawn, stays as well, and is not replaced at a
// round. It is linear in the parameters, and all cells weigh a time alike. So the mean of the cells' averages is the average, over
// time, of the mean of their parameters. It is formed once, after the last round (Trainer.Average).
//
// # Bits
//
// Means are added up in float64, in the order of the cells, and rounded once. So they do not depend on threads or backend. A
// run that is killed in the middle of a round goes on to the same bits.
package federated
