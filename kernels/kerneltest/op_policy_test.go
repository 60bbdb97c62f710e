package kerneltest

import (
	"math"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

func TestSampleFrequencies(t *testing.T) {
	const m = 40_000
	p := []float32{0.1, 0, 0.5, 0.15, 0.25}
	logs := make([]float32, len(p))
	for i := range p {
		logs[i] = max(float32(math.Log(float64(p[i]))), kernels.MaskedLogProb)
	}
	l := newLab(t, newTrial(kernels.OpSample, m, 5).with("logp", values(logs...)).with("counter", values(1, 2)).seed(3, 4))
	l.run()
	var seen [5]float64
	for _, a := range l.arg("a") {
		seen[int(a)] += 1.0 / m
	}
	for i := range p {
		q := float64(p[i])
		checkNear(t, "frequency", seen[i], q, 4*math.Sqrt(q*(1-q)/m))
	}
}

func TestLogSoftmaxGrad(t *testing.T) {
	grads := map[string]string{"x": "dx"}
	checkGrad(t, newTrial(kernels.OpLogSoftmax, 3, 7).without("mask"), newTrial(kernels.OpLogSoftmaxGrad, 3, 7).without("mask"), "y", "dy", grads)
	masked := newTrial(kernels.OpLogSoftmax, 3, 7).with("mask", flagsOf(7))
	checkGrad(t, masked, newTrial(kernels.OpLogSoftmaxGrad, 3, 7), "y", "dy", grads)
}

func TestPickGrad(t *testing.T) {
	forward := newTrial(kernels.OpPick, 4, 5).with("a", values(3, 0, 4, 1))
	checkGrad(t, forward, newTrial(kernels.OpPickGrad, 4, 5), "y", "dy", map[string]string{"x": "dx"})
}
