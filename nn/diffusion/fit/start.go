package fit

import (
	"errors"
	"fmt"
)

// Begin lets the run start from other parameters than random ones, such as the average of another run: a host copy of
// nn.Placed.Flat. Call it between Open and the first Step.
func (t *Trainer) Begin(flat []float32) error {
	if want := t.model.Params().Len(); len(flat) != want || t.update != 0 {
		return fmt.Errorf("fit: %d parameters after %d updates to start from; allowed: %d after 0", len(flat), t.update, want)
	}
	if i := firstBad(flat); i >= 0 {
		return fmt.Errorf("fit: parameter %d to start from is %g", i, flat[i])
	}
	k := &t.mem
	return errors.Join(t.session.Upload(k.net.Flat, flat), t.session.Upload(k.ema.Flat, flat), k.powers.start(t.session, flat, t.options.Updates))
}
