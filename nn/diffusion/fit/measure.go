package fit

import (
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
)

// Beta2 is Adam's: less than usual, because updates are few.
const Beta2 = 0.99

// Program is that of an update.
func (t *Trainer) Program() *kernels.Program { return t.program }

// Persistent is the memory that outlives an update: see machine.Session.Persistent.
func (t *Trainer) Persistent() int64 { return t.session.Persistent() }

// Profile returns how the time of the updates divides among the ops of Program: see machine.Session.Profile.
func (t *Trainer) Profile() (kernels.Profile, bool) { return t.session.Profile(t.program) }

// Seen is the last update from outside: what the network read, what it should have put out, and what followed.
type Seen struct {
	X, Target []float32 // [B, size]
	Time      []float32 // [B]
	Class     []float32 // [B]; nil without classes
	Loss      float32
	Norm      float32   // of the gradient before it was clipped
	Grads     []float32 // by the parameters: a host copy of nn.Placed.Flat
}

// Seen reads the last update.
func (t *Trainer) Seen() (s Seen, err error) {
	var loss, norm []float32
	k := &t.mem
	for _, part := range []struct {
		from machine.Tensor
		to   *[]float32
	}{
		{k.batch.X, &s.X}, {k.loss.Target, &s.Target}, {k.batch.Time, &s.Time}, {k.batch.Class, &s.Class},
		{k.loss.Value, &loss}, {t.adam.Norm(), &norm}, {t.adam.Grads().Flat, &s.Grads},
	} {
		if part.from == machine.None {
			continue
		}
		if *part.to, err = t.read(part.from); err != nil {
			return Seen{}, err
		}
	}
	s.Loss, s.Norm = loss[0], norm[0]
	return s, nil
}
