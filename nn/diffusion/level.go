package diffusion

import (
	"fmt"
	"math"
)

// Level is a noise level: x_t = Alpha x_0 + Sigma eps.
type Level struct {
	Alpha, Sigma float64
	Time         float64 // what the network is told
}

// Clean is the level without noise, at which a sampler ends.
var Clean = Level{Alpha: 1}

// LogSNR returns lambda = ln(alpha / sigma), half the logarithm of the signal-to-noise ratio; +Inf without noise.
func (l Level) LogSNR() float64 { return math.Log(l.Alpha / l.Sigma) }

// SNR returns alpha^2 / sigma^2.
func (l Level) SNR() float64 { return l.Alpha * l.Alpha / (l.Sigma * l.Sigma) }

// ratio returns sigma / alpha, the noise of x / alpha. Solvers of the probability-flow ODE use it as their time.
func (l Level) ratio() float64 { return l.Sigma / l.Alpha }

// EDMLevel is the level of EDM: alpha 1, and the network is told ln(sigma) / 4 (table 1, c_noise).
func EDMLevel(sigma float64) Level {
	return Level{Alpha: 1, Sigma: sigma, Time: math.Log(sigma) / 4}
}

// Karras returns n levels from sigma max down to min, spaced by EDM equation 5, without the clean level.
func Karras(n int, lowest, highest, rho float64) []Level {
	var levels []Level
	for _, sigma := range karrasSigmas(n, lowest, highest, rho) {
		levels = append(levels, EDMLevel(sigma))
	}
	return levels
}

// karrasSigmas are the sigmas of EDM equation 5, largest first. A single one is the largest.
func karrasSigmas(n int, lowest, highest, rho float64) []float64 {
	hi, lo := math.Pow(highest, 1/rho), math.Pow(lowest, 1/rho)
	sigmas := make([]float64, n)
	for i := range sigmas {
		part := 0.0
		if n > 1 {
			part = float64(i) / float64(n-1)
		}
		sigmas[i] = math.Pow(hi+part*(lo-hi), rho)
	}
	return sigmas
}

// Flow returns n levels of the straight path x_t = (1 - t) x_0 + t eps (Lipman et al., "Flow matching for generative
// modeling", arXiv 2210.02747), from t = 1 down to 1/n, without the clean level. The network is told t.
func Flow(n int) []Level {
	levels := make([]Level, n)
	for i := range levels {
		levels[i] = FlowLevel(1 - float64(i)/float64(n))
	}
	return levels
}

// FlowLevel is the level of the straight path at time t in (0, 1].
func FlowLevel(t float64) Level { return Level{Alpha: 1 - t, Sigma: t, Time: t} }

// CheckLevels returns an error unless levels can be sampled from first to last: the noise-to-signal ratio must fall
// with every level, and only the last may be without noise.
func CheckLevels(levels []Level) error {
	if len(levels) < 2 {
		return fmt.Errorf("diffusion: %d noise levels; allowed: at least 2, the first to start from and the last to end at", len(levels))
	}
	for i, l := range levels {
		last := i == len(levels)-1
		switch {
		case !(l.Sigma > 0) && !(last && l.Sigma == 0) || !(l.Alpha >= 0) || math.IsInf(l.Sigma, 0):
			return fmt.Errorf("diffusion: level %d: alpha %g and sigma %g; allowed: alpha from 0, sigma above 0, or 0 at the last level", i, l.Alpha, l.Sigma)
		case i > 0 && l.LogSNR() < levels[i-1].LogSNR():
			return fmt.Errorf("diffusion: level %d has more noise than the one before; allowed: less from level to level", i)
		}
	}
	return nil
}
