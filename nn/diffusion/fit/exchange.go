package fit

import (
	"errors"
	"fmt"
)

// Parameters is a host copy of nn.Placed.Flat, as the last update has left it.
func (t *Trainer) Parameters() ([]float32, error) { return t.read(t.mem.net.Flat) }

// Replace puts other parameters in the place of those of the run, between two updates. Moments of Adam, averages of the
// parameters and the state of the generators stay.
func (t *Trainer) Replace(flat []float32) error {
	if want := t.model.Params().Len(); len(flat) != want {
		return fmt.Errorf("fit: %d parameters; allowed: %d", len(flat), want)
	}
	if i := firstBad(flat); i >= 0 {
		return fmt.Errorf("fit: parameter %d is %g", i, flat[i])
	}
	return errors.Join(t.session.Upload(t.mem.net.Flat, flat), t.session.Sync())
}

// Images is the number of samples that are trained on, without their variants.
func (t *Trainer) Images() int { return t.data.N() }
