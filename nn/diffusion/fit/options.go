package fit

import (
	"errors"
	"fmt"
	"math"
)

// Options of a training run.
type Options struct {
	Seed    uint64
	Updates int // of the whole run; the rate falls to zero at its end
	Batch   int // samples of an update

	LR     float64 // Adam's rate after the warm-up
	WarmUp int     // updates in which the rate rises from zero
	// ClassFactor is how many times as fast the embedding of classes learns, such as that of new classes; 0: as fast as the rest.
	ClassFactor float64
	MaxNorm     float64 // upper limit of the gradient's norm; 0: none
	EMA         float64 // decay of the average of the parameters in one update
	// Keep maintains two power-function averages of the parameters beside that of EMA. From snapshots of them, PostHoc makes an
	// average of any length after the run (EDM2, arXiv 2312.02696, section 3.2).
	Keep bool
	// Unlabelled is the share of samples whose class the network is not told, so that it can be guided (Ho and Salimans,
	// arXiv 2207.12598).
	Unlabelled float64

	// LevelMean and LevelStd are those of ln(sigma), which is normal (P_mean and P_std of EDM).
	LevelMean, LevelStd float64

	Tuning *Tuning // consistency tuning; nil: the network learns to denoise
}

// Defaults are the options that EDM gives for small images, and rates that suit small networks. Seed, Updates and Batch
// remain to be set.
func Defaults() Options {
	return Options{
		LR: 2e-3, WarmUp: 100, MaxNorm: 1, EMA: 0.998, Unlabelled: 0.1, LevelMean: -1.2, LevelStd: 1.2,
	}
}

// mostUpdates bounds the number of an update, which the Program holds in a float32.
const mostUpdates = 1 << 24

func (o *Options) check() error {
	switch {
	case o.Updates < 1 || o.Updates > mostUpdates:
		return fmt.Errorf("fit: %d updates; allowed: 1 to %d", o.Updates, mostUpdates)
	case o.Batch < 1 || o.Batch > 1<<16:
		return fmt.Errorf("fit: a batch of %d; allowed: 1 to %d", o.Batch, 1<<16)
	case !(o.LR > 0) || math.IsInf(o.LR, 0) || o.WarmUp < 0:
		return fmt.Errorf("fit: a rate of %g after a warm-up of %d updates; allowed: above 0, from 0", o.LR, o.WarmUp)
	case !(o.ClassFactor >= 0) || math.IsInf(o.ClassFactor, 0):
		return fmt.Errorf("fit: %g times the rate for the embedding of classes; allowed: from 0", o.ClassFactor)
	case !(o.EMA >= 0 && o.EMA < 1) || !(o.Unlabelled >= 0 && o.Unlabelled < 1):
		return fmt.Errorf("fit: a decay of %g and %g unlabelled; allowed: from 0, below 1", o.EMA, o.Unlabelled)
	case !(o.MaxNorm >= 0) || !(o.LevelStd >= 0) || math.IsNaN(o.LevelMean) || math.Abs(o.LevelMean)+6*o.LevelStd > 40:
		return errors.New("fit: a limit of the norm below 0, or noise levels beyond those of float32")
	}
	return o.Tuning.check()
}

// rate is Adam's rate in an update, counted from 0: a line from zero, then half a cosine to zero (Loshchilov and
// Hutter, arXiv 1608.03983, equation 5).
func (o *Options) rate(update int) float64 {
	if update < o.WarmUp {
		return o.LR * float64(update+1) / float64(o.WarmUp+1)
	}
	done := float64(update-o.WarmUp) / float64(max(1, o.Updates-o.WarmUp))
	return o.LR * (1 + math.Cos(math.Pi*done)) / 2
}

// move is the part of the way to the parameters that their average goes in an update n, counted from 0: 1 - the decay,
// which is at most (1 + n) / (10 + n), so that the average soon forgets the initial values.
func (o *Options) move(update int) float64 {
	n := float64(update)
	return 1 - min(o.EMA, (1+n)/(10+n))
}

// scheduleColumns are rate and move.
const scheduleColumns = 2

// schedule is a table with a row for each update: rate, move and, for consistency tuning, the gap.
func (o *Options) schedule() []float32 {
	var rows []float32
	for u := range o.Updates {
		rows = append(rows, float32(o.rate(u)), float32(o.move(u)))
		if o.Tuning != nil {
			rows = append(rows, float32(o.gap(u)))
		}
	}
	return rows
}

// columns are those of the schedule.
func (o *Options) columns() int {
	if o.Tuning != nil {
		return scheduleColumns + 1
	}
	return scheduleColumns
}
