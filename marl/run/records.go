package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/nn/train/record"
	"github.com/gmel-go/gmel/sim"
)

// records are the files that grow during a run. metrics holds only what is the
// same for every run of a seed; what the clock says goes to timing.
type records struct {
	lines, timing *record.JSONL
	events        *record.Events
	completion    float64 // of the last evaluation in the files, NaN for none
	begin         time.Time
	beginUpdate   int
}

// openRecords opens the files and drops what was written after an update, -1: all.
func openRecords(f Folder, update int) (_ *records, err error) {
	r := &records{begin: time.Now(), beginUpdate: max(0, update), completion: math.NaN()}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
		}
	}()
	if r.lines, err = record.OpenJSONL(f.metrics(), update); err != nil {
		return nil, err
	}
	if r.timing, err = record.OpenJSONL(f.timing(), update); err != nil {
		return nil, err
	}
	if r.events, err = record.OpenEvents(f.events(), update); err != nil {
		return nil, err
	}
	if err := checkpoint.SyncFolder(string(f)); err != nil {
		return nil, err
	}
	lines, err := record.ReadJSONL(f.metrics())
	if err != nil {
		return nil, err
	}
	for _, line := range lines {
		if c, ok := line.Values[completionName]; ok {
			r.completion = c
		}
	}
	return r, nil
}

// metrics writes what an update has learned, and to timing the clock and the device's gauges.
func (r *records) metrics(m marl.Metrics, gauges []record.Scalar) error {
	scalars := []record.Scalar{{Name: "env_slots", Value: float64(m.EnvSlots)}}
	for _, s := range m.Scalars() {
		scalars = append(scalars, record.Scalar{Name: s.Name, Value: float64(s.Value)})
	}
	if err := r.write(m.Update, "train", scalars); err != nil {
		return err
	}
	seconds := time.Since(r.begin).Seconds()
	speed := []record.Scalar{
		{Name: "seconds", Value: seconds}, // of this process
		{Name: "updates_per_s", Value: float64(m.Update-r.beginUpdate) / seconds},
	}
	speed = append(speed, gauges...)
	if err := r.timing.Write(m.Update, "timing", speed); err != nil {
		return err
	}
	return r.events.Write(m.Update, "timing", speed)
}

const completionName = "completion_rate"

func (r *records) evaluation(update int, s sim.Summary) error {
	split := s.LatencySplit
	scalars := []record.Scalar{
		{Name: completionName, Value: s.CompletionRate}, {Name: "mean_latency_s", Value: s.MeanLatencyS},
		{Name: "p95_latency_s", Value: s.P95LatencyS}, {Name: "reward", Value: s.MeanReward}, {Name: "energy_per_task_j", Value: s.EnergyJ},
		{Name: "radio_wait_s", Value: split.RadioWait}, {Name: "upload_s", Value: split.Upload}, {Name: "queue_wait_s", Value: split.QueueWait},
		{Name: "switch_s", Value: split.Switch}, {Name: "compute_s", Value: split.Compute}, {Name: "download_s", Value: split.Download},
	}
	for a, share := range s.ActionShares {
		scalars = append(scalars, record.Scalar{Name: fmt.Sprintf("share_action_%d", a), Value: share})
	}
	return r.write(update, s.Policy, scalars)
}

func (r *records) write(update int, kind string, scalars []record.Scalar) error {
	if err := r.lines.Write(update, kind, scalars); err != nil {
		return err
	}
	return r.events.Write(update, kind, scalars)
}

func (r *records) sync() error {
	return errors.Join(r.lines.Sync(), r.timing.Sync(), r.events.Sync())
}

// close closes what is open: all, or the first of them when a later one failed.
func (r *records) close() error {
	var errs []error
	if r.lines != nil {
		errs = append(errs, r.lines.Close())
	}
	if r.timing != nil {
		errs = append(errs, r.timing.Close())
	}
	if r.events != nil {
		errs = append(errs, r.events.Close())
	}
	return errors.Join(errs...)
}

// drawCurve draws the evaluations so far; the levels of the heuristics once known.
func drawCurve(f Folder, t *Table) error {
	lines, err := record.ReadJSONL(f.metrics())
	if err != nil {
		return err
	}
	completion := curve(lines, t, "Completion rate", completionName, func(r Row) float64 { return r.Completion.Mean })
	latency := curve(lines, t, "Mean latency, s (a failed task counts its deadline)", "mean_latency_s", func(r Row) float64 { return r.LatencyS.Mean })
	return record.Curve(f.curve(), []record.Panel{completion, latency})
}

func curve(lines []record.Line, t *Table, title, name string, level func(Row) float64) record.Panel {
	p := record.Panel{Title: title, XLabel: "update"}
	index, last := map[string]int{}, 0.0
	for _, line := range lines {
		y, ok := line.Values[name]
		if !ok {
			continue
		}
		if _, known := index[line.Kind]; !known {
			index[line.Kind] = len(p.Series)
			p.Series = append(p.Series, record.Series{Name: line.Kind})
		}
		s := &p.Series[index[line.Kind]]
		last = float64(line.Update)
		s.X, s.Y = append(s.X, last), append(s.Y, y)
	}
	if t == nil {
		return p
	}
	for _, r := range t.Rows {
		if _, learned := index[r.Policy]; !learned {
			y := level(r)
			p.Series = append(p.Series, record.Series{Name: r.Policy, X: []float64{0, last}, Y: []float64{y, y}, Dashed: true})
		}
	}
	return p
}

func writeJSON(path string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return record.WriteFile(path, append(data, '\n'))
}
