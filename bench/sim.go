package bench

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/philox"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
)

// Works of Sim: the measured part of a slot. Masks are always written.
const (
	WorkAlone = "step"
	WorkStep  = "step + observation"
	WorkPlay  = "step + observation + random actions"
)

// SimRow is the speed of stepping worlds.
type SimRow struct {
	Name    string  `json:"name"` // "sim"
	Work    string  `json:"work"`
	IEDs    int     `json:"ieds"`
	Servers int     `json:"servers"`
	Obs     int     `json:"observation"` // number of floats in an IED's observation
	Worlds  int     `json:"worlds"`
	Engine  string  `json:"engine"`
	Device  string  `json:"device"`
	Threads int     `json:"threads"`
	Seconds float64 `json:"seconds"` // time of a slot of all worlds, median
	Spread  float64 `json:"spread_seconds"`
	Samples int     `json:"samples"`
	Rate    float64 `json:"rate"`
	Unit    string  `json:"unit"`

	Bytes    float64 `json:"bytes_per_agent_step"`   // see StepBytes
	Copied   float64 `json:"copy_bytes_per_second"`  // bytes read and written by a copy on one thread, or by the device; measured after the row
	Fraction float64 `json:"fraction_of_floor"`      // bytes over bandwidth, over seconds
	Memory   int64   `json:"device_bytes,omitempty"` // memory of a device that plays: state, working memory, inputs and outputs of a slot
	Commit   string  `json:"commit,omitempty"`
	Go       string  `json:"go"`
}

// SimOptions of Sim.
type SimOptions struct {
	Scenario *sim.Scenario
	Worlds   int    // 0: enough worlds for about 100,000 IEDs
	Engine   string // as for sim.NewOn; "": the fastest
	Threads  int
	Backend  string          // "": no backend, the engine steps the worlds; otherwise the backend whose device plays them
	Kernels  kernels.Options // of Backend
	Length   time.Duration   // duration of the measurement of a row
}

// crowd is the default number of IEDs in all worlds together.
const crowd = 100_000

// StepBytes is the least memory traffic in bytes of one IED in a slot: the action, observation, mask,
// reward and flag that it exchanges with the caller; the task and backlogs that it reads and writes;
// the mean gains that it reads.
func StepBytes(s *sim.Scenario) float64 {
	words := 1 + s.ObsSize() + s.Actions() + 1 + 2*6 + s.Candidates()
	return float64(4*words + 1)
}

// stepBytes is StepBytes without the observation if work does not write it.
func stepBytes(s *sim.Scenario, work string) float64 {
	if work == WorkAlone {
		return StepBytes(s) - float64(4*s.ObsSize())
	}
	return StepBytes(s)
}

// Sim measures the step of the worlds without observations, then with them, then with random legal actions.
func Sim(o SimOptions) (rows []SimRow, err error) {
	if o.Worlds == 0 {
		o.Worlds = max(1, crowd/o.Scenario.IEDs)
	}
	if o.Engine == "" {
		o.Engine = sim.Engines()[0]
	}
	if err := room(o.Scenario, o.Worlds); err != nil {
		return nil, err
	}
	w, err := sim.NewOn(o.Engine, o.Scenario, o.Worlds, 1)
	if err != nil {
		return nil, err
	}
	w.RecordTasks(false)
	w.SetThreads(o.Threads)
	if o.Backend != "" {
		return simOnDevice(o, w)
	}
	c := newChooser(w)
	for _, work := range []string{WorkAlone, WorkStep, WorkPlay} {
		w.ShowObs(work != WorkAlone)
		before := copyRate()
		m, err := measure(func(n int) (float64, error) { return c.play(n, work == WorkPlay) }, o.Length)
		if err != nil {
			return nil, err
		}
		rows = append(rows, simRow(w, work, o.Threads, m, max(before, copyRate())))
	}
	return rows, nil
}

// room fails where the worlds do not fit into memory.
func room(s *sim.Scenario, worlds int) error {
	return train.Memory{Parts: []train.MemoryPart{
		{What: "the worlds", Bytes: sim.Bytes(s, worlds), Setting: "--worlds or --ieds"},
		{What: "the rows of the arrival trace", Bytes: sim.TraceBytes(s), Setting: "the number of rows in tasks.arrivals.trace_file"},
	}}.Fit(train.FreeMemory(nil))
}

func simRow(w *sim.Worlds, work string, threads int, m Measurement, copied float64) SimRow {
	s, steps := w.Scenario(), float64(w.W*w.A)
	r := SimRow{
		Name: "sim", Work: work, IEDs: w.A, Servers: s.Servers, Obs: w.O, Worlds: w.W, Engine: w.Engine(), Device: processor(),
		Threads: threads, Seconds: m.Median, Spread: m.Spread(), Samples: m.Samples, Rate: steps / m.Median, Unit: "agent-steps/s",
		Bytes: stepBytes(s, work), Copied: copied, Commit: commit(), Go: goVersion(),
	}
	r.Fraction = steps * r.Bytes / (copied * float64(min(threads, runtime.GOMAXPROCS(0)))) / m.Median
	return r
}

// processor is the name of the machine's processor, or "" if no backend knows it.
func processor() string {
	info, err := kernels.Describe("auto")
	if err != nil {
		return runtime.GOARCH
	}
	return info.Device
}

// chooser draws legal actions. Its random numbers are cheap, because the draws are measured too.
type chooser struct {
	w       *sim.Worlds
	rng     *rand.Rand
	table   [1 << 12]uint32 // random numbers below 2^16
	actions []int32
}

func newChooser(w *sim.Worlds) *chooser {
	c := &chooser{w: w, rng: rand.New(philox.NewSource(1, 98)), actions: make([]int32, w.W*w.A)}
	for i := range c.table {
		c.table[i] = uint32(c.rng.IntN(1 << 16))
	}
	return c
}

// choose draws an action for every IED. It reads the table from a random index.
func (c *chooser) choose() {
	u, at := c.w.U, c.rng.IntN(len(c.table))
	for i := range c.actions {
		action := int(c.table[(at+i)%len(c.table)] * uint32(u) >> 16)
		c.actions[i] = int32(action) * int32(c.w.Mask[i*u+action]) // 0 for an action that is illegal
		if c.w.Levels() > 0 && c.actions[i] == 0 {
			c.actions[i] = int32(slices.Index(c.w.Mask[i*u:][:u], 1)) // with levels, action 0 may be illegal, too
		}
	}
}

// play plays n slots and returns their time, with or without the time of the choices.
func (c *chooser) play(n int, all bool) (seconds float64, err error) {
	for range n {
		begin := time.Now()
		c.choose()
		if !all {
			begin = time.Now()
		}
		if err := c.w.Step(c.actions); err != nil {
			return 0, errors.Join(errors.New("bench: sim"), err)
		}
		seconds += time.Since(begin).Seconds()
	}
	return seconds, nil
}

// copyRate is the bandwidth, in bytes/s read and written, of a copy far larger than the caches.
func copyRate() float64 {
	from, to := make([]float32, 16<<20), make([]float32, 16<<20)
	for i := range from {
		from[i] = float32(i)
	}
	best := 0.0
	for range 4 {
		begin := time.Now()
		copy(to, from)
		best = max(best, float64(8*len(from))/time.Since(begin).Seconds())
	}
	return best
}

// Text formats the row as a line of text.
func (r *SimRow) Text() string {
	return fmt.Sprintf("sim     N%-6d W%-6d %-36s %9s +- %4.1f %%  %8.2f M %s  %4.1f %% of the floor (%s)\n", r.IEDs, r.Worlds, r.Work,
		duration(r.Seconds), 100*r.Spread/r.Seconds/2, r.Rate/1e6, r.Unit, 100*r.Fraction, r.Engine)
}
