// Package sweep runs many training runs from one plan: algorithms, scenarios, a grid of settings and seeds.
//
// A run's folder is named by a hash of its settings and by its seed, so a plan can grow without repeating a run, and the same
// command can be given again and again. There is no scheduler here: a scheduler's array tells a process which run of the plan is
// its own, and without one the runs are trained side by side in this process.
package sweep
