package loop

import (
	"context"
	"errors"

	"github.com/gmel-go/gmel/nn/classify"
	"github.com/gmel-go/gmel/nn/dataset"
)

// classified is what the classifier of a station is worth, on all held-out images.
type classified struct {
	Rare  float64 `json:"rare_f1"` // of the class that the station lacks
	Macro float64 `json:"macro_f1"`
}

// classify trains the classifier of a station on its own images and some more of the class that it lacks, [n, size].
func (l *loop) classify(ctx context.Context, i int, more []float32, seed uint64) (_ classified, err error) {
	own := &l.stations[i]
	set, rows := extended(l.set, own, more)
	draws, err := classify.Balanced(set, rows)
	if err != nil {
		return classified{}, err
	}
	k, o := &l.config.Classifier, classify.Defaults()
	o.Seed, o.Updates, o.Batch, o.Pooled, o.Vary = derive(seed, forClassifier, i), k.Updates, k.Batch, k.Pooled, l.config.Data.Augment()
	o.Vary.ShiftX, o.Vary.ShiftY = k.Shift, k.Shift
	c, err := classify.Train(ctx, l.backend, set, draws, o)
	if err != nil {
		return classified{}, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	answers, err := c.Predict(l.set, l.apart)
	if err != nil {
		return classified{}, err
	}
	truth := make([]int, len(l.apart))
	for n, row := range l.apart {
		truth[n] = l.set.Class[row]
	}
	confusion := classify.Confuse(truth, answers, len(l.set.Classes))
	return classified{confusion.F1(own.missing), confusion.MacroF1()}, nil
}

// extended is a set with more images of the class that a station lacks, and the rows that the station may train on.
func extended(set *dataset.Set, own *station, more []float32) (*dataset.Set, []int) {
	to := &dataset.Set{Name: set.Name, Shape: set.Shape, Low: set.Low, High: set.High, Classes: set.Classes}
	for _, row := range own.rows {
		to.Values, to.Class = append(to.Values, set.Sample(row)...), append(to.Class, set.Class[row])
	}
	for range len(more) / set.Size() {
		to.Class = append(to.Class, own.missing)
	}
	to.Values = append(to.Values, more...)
	return to, to.Rows()
}

// shared is the images of a class at all stations, [n, size].
func (l *loop) shared(class int) (values []float32) {
	for _, other := range l.stations {
		for _, row := range other.rows {
			if l.set.Class[row] == class {
				values = append(values, l.set.Sample(row)...)
			}
		}
	}
	return values
}
