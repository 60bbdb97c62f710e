package sim

import (
	"fmt"
	"math"

	"github.com/gmel-go/gmel/internal/setting"
)

// Window is an option of an arrival trace that is longer than an episode. An episode plays a window of
// time.slots slots of the trace. Its start is drawn uniformly, anew for every world and episode. It is
// a function of the seed, the world and the episode alone. The queues of tasks are empty at the start
// of a window, as at the start of every episode. The last slot of a trace is that of its last row.
//
// The last part of the trace can be held out: its windows are for evaluation (HeldOut), and no window
// for training reaches into it. So training never sees what evaluation plays. The last part of a series
// is the usual one to hold out: Tashman, "Out-of-sample tests of forecasting accuracy: an analysis and
// review", International Journal of Forecasting 16, 2000.
type Window struct {
	Start   string  `yaml:"start,omitempty"`    // WindowRandom; empty: every episode plays the trace from slot 0, and the trace ends with it
	HeldOut float64 `yaml:"held_out,omitempty"` // fraction of the trace, the last one, that only evaluations play; 0: they play all of it
	Every   int     `yaml:"every,omitempty"`    // starts are multiples of so many slots, such as those of a day; 0: any slot
}

// WindowRandom is the value of Window.Start for windows that start at random.
const WindowRandom = "random"

// maxTraceSlots bounds the slots of a trace that is longer than an episode: 2 years of seconds.
const maxTraceSlots = 1 << 26

func (v *Window) validate(c *setting.Checker, traced bool) {
	const at = "tasks.arrivals.window."
	c.Require(v.Start == "" || v.Start == WindowRandom, at+"start", v.Start, "random; left out: every episode starts at slot 0 of the trace")
	c.Require(traced || v.Start == "", at+"start", v.Start, "left out without process trace")
	c.Require(v.HeldOut >= 0 && v.HeldOut < 1, at+"held_out", v.HeldOut, "a fraction from 0 to less than 1")
	unused(c, at+"held_out", v.HeldOut, v.Start != "", at+"start")
	unused(c, at+"every", float64(v.Every), v.Start != "", at+"start")
	if v.Every != 0 {
		c.Count(at+"every", v.Every, 1, maxTraceSlots)
	}
}

// HeldOut returns the scenario for evaluation: its worlds play windows of the part of the trace that is
// held out (Window). The scenario itself is for training. Without such a part, both are the same.
func (s *Scenario) HeldOut() *Scenario {
	c := s.Clone()
	c.Evaluation = true
	return c
}

// traceSlots is the largest number of slots that a trace may have.
func (s *Scenario) traceSlots() int {
	if s.Tasks.Arrivals.Window.Start == "" {
		return s.Time.Slots
	}
	return maxTraceSlots
}

// TracePart is the part of an arrival trace in which the windows of some worlds are.
type TracePart struct {
	Name   string `json:"name"`       // PartTraining, PartEvaluation or, where nothing is held out, PartWhole
	First  int    `json:"first_slot"` // of the trace
	Last   int    `json:"last_slot"`
	Slots  int    `json:"trace_slots"`   // of the whole trace
	Window int    `json:"window_slots"`  // of an episode
	Starts int    `json:"window_starts"` // slots at which a window may start

	firstStart, every int
}

// Names of the parts of a trace.
const (
	PartTraining   = "training"
	PartEvaluation = "evaluation"
	PartWhole      = "whole"
)

// String describes the part to a user.
func (t *TracePart) String() string {
	starts := fmt.Sprintf("%d possible starts", t.Starts)
	if t.Starts == 1 {
		starts = "1 possible start"
	}
	return fmt.Sprintf("windows of %d slots with %s, in the %s trace of arrivals, slots %d to %d of %d",
		t.Window, starts, map[string]string{PartTraining: "training part of the", PartEvaluation: "evaluation part of the", PartWhole: "whole"}[t.Name],
		t.First, t.Last, t.Slots)
}

// parts splits a trace. Both parts are the whole trace if nothing is held out.
func (s *Scenario) parts(slots int) (training, evaluation TracePart) {
	held := s.Tasks.Arrivals.Window.HeldOut
	if held == 0 {
		whole := s.part(PartWhole, 0, slots, slots)
		return whole, whole
	}
	from := slots - int(math.Round(held*float64(slots)))
	return s.part(PartTraining, 0, from, slots), s.part(PartEvaluation, from, slots, slots)
}

// part is the part [from, to) of a trace.
func (s *Scenario) part(name string, from, to, slots int) TracePart {
	every := max(s.Tasks.Arrivals.Window.Every, 1)
	first := (from + every - 1) / every * every
	starts := 0
	if last := to - s.Time.Slots; last >= first {
		starts = (last-first)/every + 1
	}
	return TracePart{Name: name, First: from, Last: to - 1, Slots: slots, Window: s.Time.Slots, Starts: starts, firstStart: first, every: every}
}

// setWindow finds the starts of the windows in the part of these worlds. Both parts must hold one, so
// that a run does not find out at its first evaluation.
func (p *params) setWindow(s *Scenario) error {
	p.windowStarts = 1
	if !p.windowed {
		return nil
	}
	training, evaluation := s.parts(p.traceSlots)
	for _, t := range []*TracePart{&training, &evaluation} {
		if t.Starts == 0 {
			return named(s.noWindow(t))
		}
	}
	p.part, p.evaluation = &training, &evaluation
	if s.Evaluation {
		p.part = p.evaluation
	}
	p.windowFirst, p.windowEvery, p.windowStarts = p.part.firstStart, p.part.every, p.part.Starts
	return nil
}

// noWindow is the error about a part that is too short.
func (s *Scenario) noWindow(t *TracePart) error {
	has := fmt.Sprintf("%s has %d slots", s.Tasks.Arrivals.TraceFile, t.Slots)
	if t.Name != PartWhole {
		has += fmt.Sprintf(", %d of them for %s", t.Last+1-t.First, t.Name)
	}
	multiple := ""
	if t.every > 1 {
		multiple = fmt.Sprintf(" with a start that is a multiple of %d", t.every)
	}
	return &FieldError{
		Path:    "tasks.arrivals.window",
		Problem: fmt.Sprintf("%s, and no window of %d slots (time.slots) fits there%s", has, t.Window, multiple),
		Allowed: "a longer trace, or other values of time.slots, held_out and every",
	}
}

// windowStart returns the slot of the trace at which the episode of a moment starts: 64 random bits
// modulo the number of starts. The bias is below that number over 2^64.
func (p *params) windowStart(t *moment) int {
	if p.windowStarts == 1 {
		return p.windowFirst
	}
	begin := moment{key: t.key, world: t.world, episode: t.episode}
	high, low, _, _ := begin.words(0, streamWindow)
	return p.windowFirst + p.windowEvery*int((uint64(high)<<32|uint64(low))%uint64(p.windowStarts))
}

// TracePart returns the part of the arrival trace that these worlds play windows of, nil without windows.
func (w *Worlds) TracePart() *TracePart { return w.p.part }

// EvaluationPart is TracePart of worlds of the scenario for evaluation (HeldOut).
func (w *Worlds) EvaluationPart() *TracePart { return w.p.evaluation }

// WindowStart returns the slot of the arrival trace at which the running episode of world i started, 0
// without windows.
func (w *Worlds) WindowStart(i int) int {
	w.Home()
	if !w.p.windowed {
		return 0
	}
	t := w.moment(i)
	return w.p.windowStart(&t)
}
