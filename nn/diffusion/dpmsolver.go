package diffusion

import "math"

// DPMSolver is DPM-Solver++(2M), the multistep solver of second order in lambda = ln(alpha / sigma): Lu et al., "DPM-Solver++", arXiv
// 2211.01095, algorithm 2. The first step is of first order, and so is one that ends without noise.
func DPMSolver(levels []Level) Plan {
	return steps(levels, func(i int, from, to Level) Evaluation {
		h := to.LogSNR() - from.LogSNR()
		scale := -to.Alpha * math.Expm1(-h)
		next := Sum{X: to.Sigma / from.Sigma, Slope: [History]float64{scale}}
		if i > 0 && to.Sigma > 0 {
			before := from.LogSNR() - levels[i-1].LogSNR()
			extra := scale * h / before / 2
			next.Slope[0] += extra
			next.Slope[1] = -extra
		}
		return Evaluation{Level: from, To: to, Slope: estimated, Next: next}
	})
}
