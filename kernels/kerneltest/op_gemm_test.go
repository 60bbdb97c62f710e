package kerneltest

import (
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// The gradient epilogue of a product with the identity must be the gradient of the function.
func TestGemmFnGrad(t *testing.T) {
	const m, n = 5, 7
	for _, f := range []kernels.Fn{kernels.FnIdentity, kernels.FnReLU, kernels.FnLeakyReLU, kernels.FnTanh, kernels.FnSigmoid} {
		forward := newLab(t, newTrial(kernels.OpUnary, m*n).fn(f).scalars(0.2).with("x", awayFromKinks(f)))
		forward.run()
		back := newLab(t, newTrial(kernels.OpGemm, m, n, n, n, n, n, 1).fn(f).scalars(0.2).flags(kernels.FlagFnGrad).without("bias"))
		copy(back.arg("aux"), forward.arg("y"))
		for i := range back.arg("B") {
			back.arg("B")[i] = float64(b2i(i/n == i%n))
		}
		back.run()
		checkSlopes(t, "gemm "+f.String(), back.arg("C"), forward.slopes("x", "y", back.arg("A")))
	}
}
