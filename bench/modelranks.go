package bench

import (
	"errors"
	"fmt"
	"time"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/train"
)

// ModelRanksRow is an update of a diffusion model, whose batch ranks divide.
type ModelRanksRow struct {
	Name  string `json:"name"` // "model-ranks"
	Model string `json:"model"`
	Side  int    `json:"side"` // pixels
	Batch int    `json:"batch"`
	Divided
}

// ModelRanksOptions of ModelRanks.
type ModelRanksOptions struct {
	Model       string // size of UNet-lite
	Side, Batch int
	Backend     string
	Kernels     kernels.Options
	Length      time.Duration // of each measurement
	Links
}

// ModelRanks measures an update alone, and what a rank of each group computes of it, one after the other, each with all threads, as if
// it had a machine of its own. A batch with fewer parts than ranks is an error.
func ModelRanks(o ModelRanksOptions) (rows []ModelRanksRow, err error) {
	parts := len(machine.PartsOf(o.Batch))
	for _, n := range o.Ranks {
		if n > parts {
			return nil, fmt.Errorf("bench: a batch of %d is cut in %d parts, and the ranks are %d; allowed are 2 to %d", o.Batch, parts, n, parts)
		}
	}
	alone, err := o.onRank(solo{size: 1})
	if err != nil {
		return nil, err
	}
	for _, n := range o.Ranks {
		row := ModelRanksRow{Name: "model-ranks", Model: o.Model, Side: o.Side, Batch: o.Batch, Divided: Divided{Ranks: n, Update: alone.seconds}}
		if err := row.measure(&o); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// measure measures what the last rank computes, which has the most segments.
func (r *ModelRanksRow) measure(o *ModelRanksOptions) error {
	x, err := o.onRank(solo{rank: r.Ranks - 1, size: r.Ranks})
	if err != nil {
		return err
	}
	r.by(&x.rankTime, o.Kernels.Threads)
	r.Share, r.Bytes = x.seconds, bytesInTurn(x.summed, 0, r.Ranks)
	r.Needed = paysFrom(float64(r.Bytes), r.Update-r.Share)
	return r.network(&o.Links, o.Length, x.summed, 0)
}

// modelMeasured is what a rank computes of an update without the others.
type modelMeasured struct {
	rankTime
	summed int64 // floats that the ranks add up
}

// onRank measures a rank; a group of one is a run alone.
func (o *ModelRanksOptions) onRank(group solo) (x modelMeasured, err error) {
	backend, err := x.open(o.Backend, o.Kernels)
	if err != nil {
		return x, err
	}
	defer func() { err = errors.Join(err, backend.Close()) }()
	var r training
	if err := r.plan(group.others(), backend, o.Model, o.Side, o.Batch, dropout); err != nil {
		return x, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	memory, err := r.Memory()
	if err == nil {
		err = memory.Fit(train.FreeMemory(backend))
	}
	if err != nil {
		return x, err
	}
	if err := r.begin(); err != nil {
		return x, err
	}
	x.summed = r.Exchanged()
	x.seconds, err = secondsOf(r.Run, o.Length)
	return x, err
}

// ModelRanksTitle is the heading of a table of rows.
func ModelRanksTitle(r ModelRanksRow) string {
	return r.where() + fmt.Sprintf("%-6s %9s %6s %6s | %s | %s\n", "model", "pixels", "batch", "ranks", dividedTitle, paysTitle)
}

// Text is the row of the table.
func (r *ModelRanksRow) Text() string {
	return fmt.Sprintf("%-6s %9s %6d %6d | %s | %s\n", r.Model, fmt.Sprintf("%dx%d", r.Side, r.Side), r.Batch, r.Ranks, r.times(), r.pays())
}
