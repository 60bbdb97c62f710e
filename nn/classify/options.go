package classify

import (
	"fmt"
	"math"

	"github.com/gmel-go/gmel/nn/dataset"
)

// Options of training.
type Options struct {
	Seed    uint64
	Updates int     // the rate falls to zero at their end
	Batch   int     // rows of an update
	LR      float64 // Adam's rate in the first update
	Dropout float64 // probability of dropout before the last layer
	Smooth  float64 // share of a label that goes to all classes alike
	// Pooled takes the largest of every two by two pixels where the network else moves a convolution by two, and reads the
	// largest over all pixels beside the mean. It sees a small defect far better, for nearly the same time.
	Pooled bool
	// Vary is how rows are varied in every update.
	Vary     dataset.Augment
	Rounds   *Rounds               // nil: one table of draws for all updates
	Progress func(done, total int) // updates; nil: none
}

// Defaults suit a few hundred to some thousand images of 16 to 64 pixels. They mirror and shift nothing.
func Defaults() Options {
	return Options{Updates: 400, Batch: 64, LR: 2e-3, Dropout: 0.3, Smooth: 0.05}
}

func (o *Options) check() error {
	switch {
	case o.Updates < 1 || o.Updates > 1<<24 || o.Batch < 1 || o.Batch > 1<<16:
		return fmt.Errorf("classify: %d updates of %d rows; allowed: 1 to %d of 1 to %d", o.Updates, o.Batch, 1<<24, 1<<16)
	case !(o.LR > 0) || math.IsInf(o.LR, 0):
		return fmt.Errorf("classify: a rate of %g; allowed: above 0", o.LR)
	case !(o.Dropout >= 0 && o.Dropout < 1) || !(o.Smooth >= 0 && o.Smooth < 1):
		return fmt.Errorf("classify: dropout of %g and smoothing of %g; allowed: from 0, below 1", o.Dropout, o.Smooth)
	}
	return o.checkRounds()
}

// rates are Adam's in each update: half a cosine to zero (Loshchilov and Hutter, arXiv 1608.03983, equation 5).
func (o *Options) rates() []float32 {
	rates := make([]float32, o.Updates)
	for u := range rates {
		rates[u] = float32(o.LR * (1 + math.Cos(math.Pi*float64(u)/float64(o.Updates))) / 2)
	}
	return rates
}

// Balanced is a table of draws for Train in which all classes among some rows of a set are drawn equally often.
func Balanced(set *dataset.Set, rows []int) ([]float32, error) {
	b, err := set.Balance(rows, math.Inf(1))
	if err != nil {
		return nil, err
	}
	return b.Table(max(1<<14, len(set.Classes)*(len(rows)+1)))
}
