// Package compare compares finished runs that differ in algorithm, settings, scenario and seed.
//
// Runs with the same settings but their seed form a group, and scenarios are the tasks of [aggregate.Scores]. A run's score is
// that of its greedy policy in its own final table, so all runs of a scenario must have played the same evaluation episodes.
package compare
