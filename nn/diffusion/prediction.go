package diffusion

import (
	"fmt"
	"math"
)

// Prediction is what a network is trained to predict.
type Prediction int

// The predictions. x_t = alpha x_0 + sigma eps.
const (
	PredictNoise    Prediction = iota // eps, DDPM
	PredictVelocity                   // v = alpha eps - sigma x_0, Salimans and Ho, arXiv 2202.00512
	PredictSample                     // x_0
	PredictEDM                        // EDM's F, table 1, of data with the standard deviation DataStd
	PredictFlow                       // eps - x_0, flow matching; the levels must be those of Flow
)

// DataStd is sigma_data of EDM: data are standardised to mean 0 and this standard deviation.
const DataStd = 0.5

var predictionNames = []string{"eps", "v", "x0", "edm", "flow"}

// String returns the name that ParsePrediction reads.
func (p Prediction) String() string { return predictionNames[p] }

// ParsePrediction reads eps, v, x0, edm or flow.
func ParsePrediction(name string) (Prediction, error) {
	for p, n := range predictionNames {
		if n == name {
			return Prediction(p), nil
		}
	}
	return 0, fmt.Errorf("diffusion: prediction %q; allowed: eps, v, x0, edm, flow", name)
}

// Precondition holds the scalars of EDM equation 7 for one level: D(x) = Skip x + Out F(In x, Time).
type Precondition struct{ In, Skip, Out, Time float64 }

// At returns the scalars of a level. Predictions of eps need alpha above 0, and of v, alpha and sigma with squares that add up to 1.
func (p Prediction) At(l Level) Precondition {
	c := Precondition{In: 1, Time: l.Time}
	switch p {
	case PredictNoise:
		c.Skip, c.Out = 1/l.Alpha, -l.Sigma/l.Alpha
	case PredictVelocity:
		c.Skip, c.Out = l.Alpha, -l.Sigma
	case PredictSample:
		c.Out = 1
	case PredictFlow:
		c.Skip, c.Out = 1, -l.Sigma
	case PredictEDM:
		sum := l.Sigma*l.Sigma + DataStd*DataStd
		c.In, c.Skip, c.Out = 1/math.Sqrt(sum), DataStd*DataStd/sum, l.Sigma*DataStd/math.Sqrt(sum)
	}
	return c
}

// Estimate returns D for an x of the level and the output of the network.
func (c Precondition) Estimate(x, output float64) float64 { return c.Skip*x + c.Out*output }

// Target returns what the network should have put out for x, given x_0.
func (c Precondition) Target(x, clean float64) float64 { return (clean - c.Skip*x) / c.Out }

// MinSNR returns the weight min(SNR, gamma) on |D - x_0|^2 as a weight on the squared error of the network's output (Hang et al.,
// "Efficient diffusion training via min-SNR weighting strategy", arXiv 2303.09556, section 3.4). They recommend gamma 5.
func (p Prediction) MinSNR(l Level, gamma float64) float64 {
	out := p.At(l).Out
	return min(l.SNR(), gamma) * out * out
}

// EDMWeight returns lambda(sigma), EDM table 1, as a weight on the squared error of the network's output. It is 1 for
// PredictEDM.
func (p Prediction) EDMWeight(l Level) float64 {
	out, s := p.At(l).Out, l.ratio()
	return (s*s + DataStd*DataStd) / (s * s * DataStd * DataStd) * out * out
}
