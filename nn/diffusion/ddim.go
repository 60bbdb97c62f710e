package diffusion

import "math"

// DDIM follows equation 12 of DDIM with sigma = eta times that of DDPM (equation 16): eta 0 draws no noise and is also Euler's
// method for the probability-flow ODE (EDM algorithm 1 without its correction); eta 1 is DDPM. Noise is predicted from the
// estimate before clipping.
func DDIM(levels []Level, eta float64) Plan {
	return steps(levels, func(_ int, from, to Level) Evaluation {
		noise := eta * math.Sqrt(posteriorVariance(from, to))
		direction := math.Sqrt(max(to.Sigma*to.Sigma-noise*noise, 0)) / from.Sigma
		return Evaluation{
			Level: from, To: to, Noise: noise,
			Slope: Slope{D: to.Alpha, Raw: -direction * from.Alpha},
			Next:  Sum{X: direction, Slope: [History]float64{1}},
		}
	})
}

// DDPM follows equations 6 and 7 of DDPM: the posterior q(x_s | x_t, x_0) with the estimate for x_0.
func DDPM(levels []Level) Plan {
	return steps(levels, func(_ int, from, to Level) Evaluation {
		keep, beta := between(from, to)
		return Evaluation{
			Level: from, To: to, Noise: math.Sqrt(posteriorVariance(from, to)),
			Slope: estimated,
			Next: Sum{
				X:     keep * to.Sigma * to.Sigma / (from.Sigma * from.Sigma),
				Slope: [History]float64{to.Alpha * beta / (from.Sigma * from.Sigma)},
			},
		}
	})
}

// between returns the scale and the variance of q(x_t | x_s) = N(keep x_s, beta) for the noisier level t and the level s.
func between(t, s Level) (keep, beta float64) {
	keep = t.Alpha / s.Alpha
	return keep, t.Sigma*t.Sigma - keep*keep*s.Sigma*s.Sigma
}

// posteriorVariance is the variance of q(x_s | x_t, x_0), equation 7 of DDPM.
func posteriorVariance(t, s Level) float64 {
	_, beta := between(t, s)
	return beta * s.Sigma * s.Sigma / (t.Sigma * t.Sigma)
}

// Consistency jumps to the estimate and adds the noise of the next level: algorithm 1 of Song et al., "Consistency models", arXiv
// 2303.01469. One evaluation goes from the first level to the last.
func Consistency(levels []Level) Plan {
	return steps(levels, func(_ int, from, to Level) Evaluation {
		return Evaluation{Level: from, To: to, Noise: to.Sigma, Slope: estimated, Next: Sum{Slope: [History]float64{to.Alpha}}}
	})
}
