package diffusion

import (
	"errors"
	"math"
)

// Given is an image of which a part is kept. Both noises are normal variables for the next element, in order, known or not.
type Given struct {
	X     []float64              // x_0
	Known []bool                 // elements that are kept; the others are drawn
	Noise func(step int) float64 // of the image at the level that a step reaches
	Back  func(step int) float64 // of the forward process; needed if the plan plays steps again
}

// Back is the forward process q(x_t | x_s) = N(Keep x_s, Noise^2), which undoes a step.
type Back struct{ Keep, Noise float64 }

// ErrMemory is returned for a plan whose steps cannot be played again.
var ErrMemory = errors.New("diffusion: a sampler that remembers earlier steps plays each step once; allowed where steps are played again: ddim, heun, ddpm")

// Inpaint returns the plan that keeps a part of an image, the known one, and draws the rest. After every step, the known
// elements become the image with fresh noise of the level that is reached, and at the last level, the image itself. What is drawn
// sees what is known in every estimate, but is not conditioned on it exactly.
//
// With times above 1, every step but the last is played that number of times: the forward process leads back to its beginning, and
// what is drawn comes nearer to what is known (Lugmayr et al., "RePaint", arXiv 2201.09865, algorithm 1). That needs a
// sampler without memory of earlier steps.
func Inpaint(p Plan, times int) (Plan, error) {
	var all Plan
	for _, step := range p.steps() {
		last := &step[len(step)-1]
		again := times > 1 && last.To.Sigma > 0
		if again && step.remembers() {
			return nil, ErrMemory
		}
		last.Hold = true
		if again {
			undone := append(Plan(nil), step...)
			keep, variance := between(step[0].Level, last.To)
			undone[len(undone)-1].Back = Back{Keep: keep, Noise: math.Sqrt(variance)}
			for range times - 1 {
				all = append(all, undone...)
			}
		}
		all = append(all, step...)
	}
	return all, nil
}

// steps are copies of the evaluations that lead to one level, as both of Heun's method.
func (p Plan) steps() (all []Plan) {
	for i, e := range p {
		if i > 0 && e.To == p[i-1].To {
			all[len(all)-1] = append(all[len(all)-1], e)
		} else {
			all = append(all, Plan{e})
		}
	}
	return all
}

// remembers reports whether a step needs slopes or the base of a step before it.
func (p Plan) remembers() bool {
	for i := range p {
		for _, s := range []*Sum{&p[i].Base, &p[i].Next} {
			for k, c := range s.Slope {
				if k > i && c != 0 {
					return true
				}
			}
		}
	}
	return p[0].Base.Base != 0
}

// hold puts the known elements at the level To, and goes back.
func (e *Evaluation) hold(step int, x []float64, g *Given) {
	for j := range x {
		noise := g.Noise(step)
		if e.Hold && g.Known[j] {
			x[j] = e.To.Noisy(g.X[j], noise)
		}
	}
	if e.Back == (Back{}) {
		return
	}
	for j := range x {
		x[j] = e.Back.Keep*x[j] + e.Back.Noise*g.Back(step)
	}
}
