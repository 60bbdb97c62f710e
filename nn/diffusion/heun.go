package diffusion

// Heun is the deterministic sampler of EDM, algorithm 1, with 2n - 1 evaluations for n steps that end without noise: the last
// step is Euler's. The ODE is that of y = x / alpha over s = sigma / alpha, dy/ds = (y - D) / s; the base is y.
func Heun(levels []Level) Plan {
	var p Plan
	for i, from := range levels[:len(levels)-1] {
		to := levels[i+1]
		h := to.ratio() - from.ratio()
		p = append(p, Evaluation{
			Level: from, To: to, Slope: slopeOfODE(from),
			Base: Sum{X: 1 / from.Alpha},
			Next: Sum{Base: to.Alpha, Slope: [History]float64{to.Alpha * h}},
		})
		if to.Sigma == 0 {
			continue
		}
		p = append(p, Evaluation{
			Level: to, To: to, Slope: slopeOfODE(to),
			Base: Sum{Base: 1, Slope: [History]float64{h / 2, h / 2}},
			Next: Sum{Base: to.Alpha},
		})
	}
	return p
}

// slopeOfODE is dy/ds = (x / alpha - D) / s of a level.
func slopeOfODE(l Level) Slope { return Slope{X: 1 / l.Sigma, D: -1 / l.ratio()} }

// adamsBashforth are the weights of the newest slopes by their number.
var adamsBashforth = [History][History]float64{
	{1},
	{3. / 2, -1. / 2},
	{23. / 12, -16. / 12, 5. / 12},
	{55. / 24, -59. / 24, 37. / 24, -9. / 24},
}

// IPNDM is the linear multistep method with four slopes and lower orders at the beginning: Zhang and Chen, "Fast sampling of
// diffusion models with exponential integrator", arXiv 2204.13902, equation 13 and appendix H. It uses the weights of equal steps whatever the
// steps are. It is the default for 5 to 10 evaluations.
func IPNDM(levels []Level) Plan {
	return steps(levels, func(i int, from, to Level) Evaluation {
		next := Sum{X: to.Alpha / from.Alpha}
		for k, w := range adamsBashforth[min(i, History-1)] {
			next.Slope[k] = to.Alpha * (to.ratio() - from.ratio()) * w
		}
		return Evaluation{Level: from, To: to, Slope: slopeOfODE(from), Next: next}
	})
}
