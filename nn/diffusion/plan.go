package diffusion

import "math"

// History is the number of slopes that a sampler may remember, the newest included.
const History = 4

// Sum is a linear combination of x, of the base and of the remembered slopes, newest first.
type Sum struct {
	X, Base float64
	Slope   [History]float64
}

// Slope says what a sampler remembers of an evaluation: X x + D d + Raw r, where r is the estimate of x_0 before clipping and
// d after it.
type Slope struct{ X, D, Raw float64 }

// Evaluation is one evaluation of the network and what follows from it. In this order:
//
//	slope = Slope of x, and of the estimate at Level; it becomes the newest
//	base  = Base of x, the old base and the slopes
//	x     = Next of x, the new base and the slopes, + Noise N(0, 1)
//
// x then has the level To. Plans of Inpaint go on:
//
//	x     = the given image with noise of the level To, where Hold is true and x is known
//	x     = Keep x + Noise N(0, 1) of Back unless that is zero; x then has the level of the next evaluation
type Evaluation struct {
	Level, To  Level
	Slope      Slope
	Base, Next Sum
	Noise      float64
	Hold       bool
	Back       Back
}

// Plan is a sampler for given levels. x begins at Plan[0].Level.
type Plan []Evaluation

// Denoiser estimates x_0 from x at a level. It must not keep or change x.
type Denoiser func(x []float64, at Level) []float64

// Options of Plan.Run. The zero value neither clips nor draws.
type Options struct {
	Clip  float64                     // estimates are limited to [-Clip, Clip]; 0: they are not
	Noise func(step int) float64      // a normal variable for the next element, in order; needed if the plan has noise
	Watch func(step int, x []float64) // sees x after every evaluation
	Given *Given                      // needed by the plans of Inpaint, and by no other
}

// Run plays the plan on x in place.
func (p Plan) Run(x []float64, denoise Denoiser, o Options) {
	base := make([]float64, len(x))
	var slopes [History][]float64
	for i := range slopes {
		slopes[i] = make([]float64, len(x))
	}
	for step := range p {
		e := &p[step]
		estimate := denoise(x, e.Level)
		oldest := slopes[History-1]
		copy(slopes[1:], slopes[:History-1])
		slopes[0] = oldest
		for j := range x {
			raw, d := estimate[j], estimate[j]
			if o.Clip > 0 {
				d = max(-o.Clip, min(o.Clip, d))
			}
			slopes[0][j] = e.Slope.X*x[j] + e.Slope.D*d + e.Slope.Raw*raw
			base[j] = e.Base.of(x[j], base[j], &slopes, j)
			x[j] = e.Next.of(x[j], base[j], &slopes, j)
			if e.Noise != 0 {
				x[j] += e.Noise * o.Noise(step)
			}
		}
		if o.Given != nil {
			e.hold(step, x, o.Given)
		}
		if o.Watch != nil {
			o.Watch(step, x)
		}
	}
}

// of is the combination for element j.
func (s *Sum) of(x, base float64, slopes *[History][]float64, j int) float64 {
	v := s.X*x + s.Base*base
	for k, c := range s.Slope {
		if c != 0 {
			v += c * slopes[k][j]
		}
	}
	return v
}

// Noisy returns x_0 with noise of the level: alpha x_0 + sigma eps. Sampling from it rather than from noise alone keeps
// what is coarser than the noise (Meng et al., "SDEdit", arXiv 2108.01073).
func (l Level) Noisy(clean, noise float64) float64 { return l.Alpha*clean + l.Sigma*noise }

// Strength returns the part of levels from which an image is changed by a share of (0, 1]: 1 keeps all levels, and
// a small share only the last ones. At least one step remains.
func Strength(levels []Level, share float64) []Level {
	steps := len(levels) - 1
	kept := max(1, min(steps, int(math.Round(share*float64(steps)))))
	return levels[steps-kept:]
}

// steps calls add for every pair of neighbouring levels.
func steps(levels []Level, add func(i int, from, to Level) Evaluation) Plan {
	var p Plan
	for i := range levels[:len(levels)-1] {
		p = append(p, add(i, levels[i], levels[i+1]))
	}
	return p
}

// estimated is the slope that is the estimate itself.
var estimated = Slope{D: 1}
