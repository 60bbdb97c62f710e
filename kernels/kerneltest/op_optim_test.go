package kerneltest

import (
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// The first step of Adam with bias correction moves by lr against the sign of the gradient.
func TestAdamByHand(t *testing.T) {
	l := newLab(t, newTrial(kernels.OpAdam, 1).scalars(0.9, 0.999, 1e-8).without("scale").with("p", values(2)).
		with("g", values(-0.25)).with("m", values(0)).with("v", values(0)).with("state", values(0.01, 0.9, 0.999)))
	l.run()
	checkNear(t, "m", l.arg("m")[0], -0.025, 1e-7)
	checkNear(t, "v", l.arg("v")[0], 6.25e-5, 1e-9)
	checkNear(t, "p", l.arg("p")[0], 2.01, 1e-6)
}
