package sample

import (
	"errors"
	"fmt"

	"github.com/gmel-go/gmel/kernels"
)

// Step is the Program of an evaluation and the step that follows it.
func (s *Sampler) Step() *kernels.Program { return s.step }

// Persistent is the memory that outlives a step: see machine.Session.Persistent.
func (s *Sampler) Persistent() int64 { return s.session.Persistent() }

// Profile returns how the time of the steps divides among the ops of Step: see machine.Session.Profile.
func (s *Sampler) Profile() (kernels.Profile, bool) { return s.session.Profile(s.step) }

// Noise returns x [n, pixels] of the plan's first level, with which Run begins for this request.
func (s *Sampler) Noise(r Request) ([]float32, error) {
	if err := s.checkRequest(r, s.options.Batch); err != nil {
		return nil, err
	}
	x := make([]float32, s.options.Batch*s.pixels)
	err := s.upload(r)
	if err == nil {
		err = errors.Join(s.session.Run(s.start), s.read(x))
	}
	if err != nil {
		return nil, fmt.Errorf("sample: %w", err)
	}
	return x, nil
}

// Play does n evaluations with the request of the last Run and reads no image: the plan as often as it goes into n, and its
// beginning for the rest.
func (s *Sampler) Play(n int) error {
	for n > 0 {
		now := min(n, len(s.plan))
		var err error
		if now == len(s.plan) {
			err = s.whole()
		} else {
			err = errors.Join(s.session.Run(s.start), s.session.Repeat(s.step, now))
		}
		if err != nil {
			return fmt.Errorf("sample: %w", err)
		}
		n -= now
	}
	return s.session.Sync()
}
