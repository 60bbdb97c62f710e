package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// SimulateOptions are the inputs of Simulate.
type SimulateOptions struct {
	Scenario *Scenario
	Policy   Policy
	Episodes int       // number of episodes that count, over all worlds
	Worlds   int       // number of parallel worlds; 0: DefaultWorlds(Episodes)
	Seed     uint64    // seed of the worlds
	Threads  int       // number of threads; 0: one
	Trace    io.Writer // receives CSV, one row per task; nil: no trace

	Watcher Watcher // observes one world; may be nil
	Watched int     // index of that world

	// Context ends the simulation between two slots, with its error; nil: nothing does.
	Context context.Context

	// Progress is called after every slot with the numbers of counted and requested episodes; may be nil.
	Progress func(done, total int)
}

// Watcher observes one world while its episodes count. Simulate calls Before ahead of every slot's
// actions and After at the end of the slot. An error of After ends the simulation.
type Watcher interface {
	Before(w *Worlds)
	After(w *Worlds) error
}

// Slots returns the number of slots of world i that count, 0 for a world that does not exist.
func (o *SimulateOptions) Slots(i int) int {
	worlds := o.worlds()
	if i < 0 || i >= worlds {
		return 0
	}
	return share(o.Episodes, worlds, i) * o.Scenario.Time.Slots
}

// worlds is the number of parallel worlds.
func (o *SimulateOptions) worlds() int {
	if o.Worlds == 0 {
		return DefaultWorlds(o.Episodes)
	}
	return o.Worlds
}

// Simulate plays a policy and returns the summary. World i plays its episodes 0,
// 1, ... until all worlds together have finished Episodes (see NewMeter). Threads
// does not change the result; all other options do.
func Simulate(o SimulateOptions) (Summary, error) {
	w, err := o.open()
	if err != nil {
		return Summary{}, err
	}
	meter := NewMeter(w, o.Episodes)
	var trace *Trace
	if o.Trace != nil {
		trace = NewTrace(o.Trace)
	}
	begin := time.Now()
	actions := make([]int32, w.W*w.A)
	for !meter.Done() {
		if o.Context != nil && o.Context.Err() != nil {
			return Summary{}, o.Context.Err()
		}
		if err := o.slot(w, meter, actions); err != nil {
			return Summary{}, err
		}
		if trace != nil {
			trace.observe(w, meter)
			if err := trace.err(); err != nil {
				return Summary{}, fmt.Errorf("sim: writing the trace: %w", err)
			}
		}
		meter.Observe(w)
		if o.Progress != nil {
			o.Progress(len(meter.episodes), o.Episodes)
		}
	}
	if trace != nil {
		if err := trace.Flush(); err != nil {
			return Summary{}, fmt.Errorf("sim: writing the trace: %w", err)
		}
	}
	s := meter.Summary()
	s.Policy, s.Seed, s.DurationSeconds = o.Policy.Name(), o.Seed, time.Since(begin).Seconds()
	s.AgentStepsPerS = float64(meter.sums.steps) / max(s.DurationSeconds, 1e-9) // a coarse clock may show 0
	return s, nil
}

// DefaultWorlds is the default number of parallel worlds: one per episode, at most 64.
func DefaultWorlds(episodes int) int { return min(episodes, 64) }

// slot plays one slot and calls the watcher before and after it.
func (o *SimulateOptions) slot(w *Worlds, meter *Meter, actions []int32) error {
	watched := o.Watcher != nil && meter.Counts(o.Watched)
	if watched {
		o.Watcher.Before(w)
	}
	if err := o.act(w, actions); err != nil {
		return fmt.Errorf("policy %s: %w", o.Policy.Name(), err)
	}
	if watched {
		return o.Watcher.After(w)
	}
	return nil
}

// act lets the policy decide, and plays what it has decided.
func (o *SimulateOptions) act(w *Worlds, actions []int32) error {
	o.Policy.Act(w, actions)
	// Act cannot return an error; a learned policy keeps that of its device.
	if f, ok := o.Policy.(interface{ Err() error }); ok && f.Err() != nil {
		return f.Err()
	}
	return w.Step(actions)
}

// open checks the options and makes the worlds.
func (o *SimulateOptions) open() (*Worlds, error) {
	if o.Scenario == nil || o.Policy == nil {
		return nil, errors.New("sim: Simulate needs a scenario and a policy")
	}
	if o.Episodes < 1 || o.Worlds < 0 {
		return nil, fmt.Errorf("sim: %d episodes in %d worlds; allowed: at least 1 episode, and 0 or more worlds", o.Episodes, o.Worlds)
	}
	if o.Watcher != nil && o.Slots(o.Watched) == 0 {
		return nil, fmt.Errorf("sim: no episode of world %d counts, so there is nothing to watch; allowed: 0 to %d", o.Watched, min(o.worlds(), o.Episodes)-1)
	}
	w, err := New(o.Scenario, o.worlds(), o.Seed)
	if err != nil {
		return nil, err
	}
	w.SetThreads(o.Threads)
	return w, nil
}
