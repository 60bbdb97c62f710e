// Package aggregate summarises the scores of runs that differ in their seed, and says how sure the summary is.
//
// A few runs vary much, so a mean alone misleads. The statistics are those of Agarwal et al., "Deep reinforcement learning at the edge
// of the statistical precipice", arXiv 2108.13264: the interquartile mean, intervals by a bootstrap over runs that is stratified by task,
// the probability of improvement, and performance profiles. Tests compare them with rliable, the authors' library.
package aggregate
