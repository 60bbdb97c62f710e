// Package crew runs a job on several ranks, each of which does a part of every update. The ranks are goroutines of this process,
// or processes, of which rank 0 leads: it alone has the folder, the schedule and the evaluations, hears signals, and decides what
// is done next. The others do the duties that it tells them ([Follow]), so they need nothing of that, and stop where it stops.
package crew
