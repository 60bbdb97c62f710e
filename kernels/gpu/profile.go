//go:build gpu && !cpu

package gpu

import (
	"errors"

	"gorgonia.org/cu"

	"github.com/gmel-go/gmel/kernels"
)

// profiled is an executable that measures its ops by events around its launches. It uses neither graphs, so a small
// op takes as long as its launch, nor chains of products. So the sum over small ops is more than the time of a run.
type profiled struct {
	*executable
	runs    int64
	seconds []float64 // by op
	events  []cu.Event
}

// Run implements kernels.Executable.
func (e *profiled) Run(buf kernels.Buffer, n int) error {
	return e.run(buf, n, func(arena cu.DevicePtr, n int) error {
		for range n {
			e.runs++
			if err := e.plain(arena, e.timed); err != nil {
				return err
			}
		}
		return nil
	})
}

// timed launches a segment with an event after every launch, and waits for it. The step after it is
// measured separately.
func (e *profiled) timed(s segment, arena cu.DevicePtr) error {
	for len(e.events) <= s.to-s.from {
		event, err := cu.MakeEvent(cu.DefaultEvent)
		if err != nil {
			return e.backend.late(err)
		}
		e.events = append(e.events, event)
	}
	err := e.events[0].Record(e.backend.stream)
	for i := s.from; i < s.to && err == nil; i++ {
		if err := e.launches(segment{i, i + 1, -1}, arena); err != nil {
			return err
		}
		err = e.events[i-s.from+1].Record(e.backend.stream)
	}
	if err != nil {
		return e.backend.late(err)
	}
	if err := e.backend.wait(); err != nil {
		return err
	}
	return e.add(s)
}

func (e *profiled) add(s segment) error {
	for i := s.from; i < s.to; i++ {
		ms, err := e.events[i-s.from].Elapsed(e.events[i-s.from+1])
		if err != nil {
			return e.backend.late(err)
		}
		e.seconds[e.plan.ops[i][0]] += ms / 1e3
	}
	return nil
}

// Profile implements kernels.Profiler.
func (e *profiled) Profile() kernels.Profile {
	seconds := append([]float64{}, e.seconds...)
	for op, s := range e.steps {
		seconds[op] = s.seconds
	}
	return kernels.Profile{Runs: e.runs, Threads: 1, Seconds: seconds}
}

// Close implements kernels.Executable.
func (e *profiled) Close() error {
	err := e.backend.release(func() error {
		var errs []error
		for i := range e.events {
			errs = append(errs, cu.DestroyEvent(&e.events[i]))
		}
		return errors.Join(errs...)
	})
	e.events = nil
	return errors.Join(err, e.executable.Close())
}
