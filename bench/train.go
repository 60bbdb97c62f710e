package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
)

// TrainRow is the training speed of a configuration. Its three columns are those that other projects
// report. Each is the time of one iteration: the slots of a rollout in all worlds and, in the last
// column, its updates.
type TrainRow struct {
	Name       string `json:"name"` // "train"
	Algo       string `json:"algo"`
	IEDs       int    `json:"ieds"`
	Worlds     int    `json:"worlds"`
	Slots      int    `json:"slots"`      // of an iteration
	Updates    int    `json:"updates"`    // of an iteration
	Hidden     int    `json:"hidden"`     // of a critic with attention
	Neighbours int    `json:"neighbours"` // in its groups; 0: everyone
	Backend    string `json:"backend"`
	Device     string `json:"device"`
	ISA        string `json:"isa,omitempty"`
	Threads    int    `json:"threads"`
	DType      string `json:"dtype"`
	Unit       string `json:"unit"`

	Step      TrainColumn `json:"step"`                        // worlds with random legal actions; on a device the time of their choice is included
	Inference TrainColumn `json:"step_inference"`              // the rollout: actor, sampling, worlds, storing; for amarl-ppo also the critic, twice
	Update    TrainColumn `json:"step_inference_update"`       // the whole iteration
	Arena     int64       `json:"device_bytes"`                // planned: the arena and, on a device, its launches and the worlds that it plays; on the host it is part of Host
	Used      int64       `json:"device_bytes_used,omitempty"` // measured, if the backend has its own memory
	Host      int64       `json:"host_bytes_peak,omitempty"`   // peak of this process so far, if the system reports it
	Commit    string      `json:"commit,omitempty"`            //
	Go        string      `json:"go"`                          //
}

// TrainColumn is one measurement.
type TrainColumn struct {
	Seconds float64 `json:"seconds"` // time of an iteration, median
	Spread  float64 `json:"spread_seconds"`
	Samples int     `json:"samples"`
	Rate    float64 `json:"rate"` // agent-steps/s
}

// TrainOptions of Train.
type TrainOptions struct {
	Config   marl.Config // includes the numbers of worlds and threads and the backend
	Scenario *sim.Scenario
	Length   time.Duration // duration of each of the three measurements
}

// Train measures a configuration. The policy starts untrained and learns during the measurement.
func Train(o TrainOptions) (row TrainRow, err error) {
	c := &o.Config
	if err := room(o.Scenario, c.Worlds); err != nil {
		return row, err
	}
	worlds, err := sim.New(o.Scenario, c.Worlds, 1)
	if err != nil {
		return row, err
	}
	worlds.RecordTasks(false)
	worlds.SetThreads(max(1, c.Threads))
	backend, err := kernels.Open(c.Backend, trainKernels(c))
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, backend.Close()) }()
	before := freeMemory(backend)
	t, err := marl.Plan(*c, marl.OffloadingFor(c, worlds), backend, 1)
	if err != nil {
		return row, err
	}
	if err := t.Memory().Fit(train.FreeMemory(backend)); err != nil {
		return row, err
	}
	if err := t.Open(); err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	if err := t.WarmUp(context.Background()); err != nil {
		return row, err
	}
	if row, err = trainRow(o, worlds, backend, t); err != nil {
		return row, err
	}
	row.Used = before - freeMemory(backend)
	for _, part := range []struct {
		to  *TrainColumn
		run timer
	}{{&row.Update, each(t.Iterate)}, {&row.Inference, each(t.Rollout)}} {
		if *part.to, err = trainColumn(o, part.run); err != nil {
			return row, err
		}
	}
	// This measurement is the last, because it steps the worlds without the trainer.
	step, done, err := stepTimer(o, worlds, backend)
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, done()) }()
	row.Step, err = trainColumn(o, step)
	row.Host = peakMemory()
	return row, err
}

// trainColumn measures iterations.
func trainColumn(o TrainOptions, run timer) (TrainColumn, error) {
	m, err := measure(run, o.Length)
	steps := float64(o.Config.Worlds * o.Scenario.IEDs * o.Config.SlotsPerIteration)
	return TrainColumn{Seconds: m.Median, Spread: m.Spread(), Samples: m.Samples, Rate: steps / m.Median}, err
}

func trainKernels(c *marl.Config) kernels.Options {
	return kernels.Options{Threads: c.Threads, ISA: c.ISA, Device: c.Device, Precision: c.Precision}
}

// stepTimer plays the slots of iterations without a network, on the device or the host, wherever a
// rollout would run.
func stepTimer(o TrainOptions, w *sim.Worlds, b kernels.Backend) (run timer, done func() error, err error) {
	slots := o.Config.SlotsPerIteration
	if !kernels.ResidencyOf(b, w.Native()).Device {
		choose := newChooser(w)
		return func(n int) (float64, error) { return choose.play(n*slots, false) }, func() error { return nil }, nil
	}
	s, err := OpenSlots(b, w, true)
	if err != nil {
		return nil, nil, err
	}
	whole := s.timer(true)
	return func(n int) (float64, error) { return whole(n * slots) }, s.Close, nil
}

func trainRow(o TrainOptions, w *sim.Worlds, b kernels.Backend, t *marl.Trainer) (TrainRow, error) {
	c := &o.Config
	info, err := kernels.Describe(b.Name())
	if err != nil {
		return TrainRow{}, err
	}
	info = info.For(trainKernels(c))
	row := TrainRow{
		Name: "train", Algo: c.Algo, IEDs: w.A, Worlds: w.W, Slots: c.SlotsPerIteration, Updates: c.UpdatesAtOnce(), Backend: b.Name(), Device: info.Device, ISA: info.ISA, Threads: info.Threads, DType: "float32",
		Unit: "agent-steps/s", Arena: t.Memory().Bytes(), Commit: commit(), Go: goVersion(),
	}
	if a := c.Attention(); a != nil {
		row.Hidden, row.Neighbours = a.Hidden, a.Neighbours
	}
	if c.Threads > 0 {
		row.Threads = c.Threads
	}
	if c.ISA != "" {
		row.ISA = c.ISA
	}
	return row, nil
}

// freeMemory is the free memory of the backend's device, or 0 if it has none of its own.
func freeMemory(b kernels.Backend) int64 {
	if l, ok := b.(kernels.Limited); ok {
		return l.FreeMemory()
	}
	return 0
}

// each returns a timer that calls run n times.
func each(run func() error) timer {
	return func(n int) (float64, error) {
		begin := time.Now()
		for range n {
			if err := run(); err != nil {
				return 0, err
			}
		}
		return time.Since(begin).Seconds(), nil
	}
}

// peakMemory is the peak memory of this process in bytes, or 0 if the system does not report it.
func peakMemory() int64 {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmHWM:" {
			kb, err := strconv.ParseInt(f[1], 10, 64)
			if err == nil {
				return kb << 10
			}
		}
	}
	return 0
}

// TrainTitle is the heading of a table of rows.
func TrainTitle(r TrainRow) string {
	return fmt.Sprintf("%s (%s), instruction set %s, threads %d; agent-steps/s in thousands\n%-10s %6s %6s %6s %8s | %10s %16s %24s | %10s %10s\n",
		r.Backend, r.Device, r.ISA, r.Threads, "algo", "IEDs", "worlds", "slots", "updates", "step", "step + inference", "step + inference + update", "device", "host")
}

// Text is the row of the table.
func (r *TrainRow) Text() string {
	rate := func(c TrainColumn) string {
		return fmt.Sprintf("%.0f +- %.0f %%", c.Rate/1e3, 50*c.Spread/c.Seconds)
	}
	return fmt.Sprintf("%-10s %6d %6d %6d %8d | %10s %16s %24s | %7d MB %7d MB\n", r.Algo, r.IEDs, r.Worlds, r.Slots, r.Updates,
		rate(r.Step), rate(r.Inference), rate(r.Update), max(r.Arena, r.Used)/1e6, r.Host/1e6)
}
