package kernels

import "fmt"

// Normalisations.
const (
	// OpGroupNorm: y[B,P,C] = f((1 + scale) (gamma xhat + beta) + shift), xhat = (x - mean) rstd with
	// mean and rstd = 1/sqrt(variance + eps) of each sample's G groups of C/G neighbouring channels
	// (Wu & He 2018; FiLM: Perez et al. 2018). stats[B,G,2] = (mean, rstd). film[B,2C] = scale [C], then
	// shift [C]; zeros when absent. f is one of FnIdentity, FnReLU, FnSiLU, FnGELU.
	// Arg: x, gamma, beta, film?, y, stats. Dim: B, P, C, G (a divisor of C). Scalar: eps.
	//
	// Sums over P are fma (or additions) in ascending rows inside chunks of [ChunkRows], chunk sums added
	// in order; the channels of a group are added in order. With d = x - mean:
	// mean = sum x / n, rstd = 1 / sqrt(sum d d / n + eps), a = (gamma rstd) (1 + scale),
	// b = fma(beta, 1 + scale, shift), y = f(fma(d, a, b)).
	// n is the number of elements of a group. If P = 0, n is 1, so mean = 0 and rstd = 1 / sqrt(eps).
	OpGroupNorm Op = 39

	// OpGroupNormGrad: gradient of OpGroupNorm; acc adds to dx only. sums[B,2,C] = (S0, S1) is for
	// OpGroupNormParamGrad. With d, a, b, n and the order of sums as in OpGroupNorm:
	// e = dy f'(fma(d, a, b)), S0 = sum e and S1 = rstd (sum e d) over P, u1 = (sum a S0) / n and
	// u2 = ((sum a S1) / n) rstd over the channels of a group, dx = fma(e, a, -fma(d, u2, u1)).
	// Arg: x, stats, gamma, beta, film?, dy, dx, sums. Dim: B, P, C, G.
	OpGroupNormGrad Op = 40

	// OpGroupNormParamGrad: dgamma[C] = sum_b (1 + scale) S1, dbeta[C] = sum_b (1 + scale) S0, fma in
	// ascending b; dfilm[B,2C] = (fma(gamma, S1, beta S0), S0).
	// Arg: sums, gamma, beta, film?, dgamma, dbeta, dfilm?. Dim: B, C.
	OpGroupNormParamGrad Op = 41

	// OpLayerNorm: y[M,N] = fma(xhat, gamma, beta), xhat = (x - mean) rstd for each row (Ba et al. 2016);
	// mean = sum x / N, rstd = 1 / sqrt(sum (x - mean)^2 / N + eps), vector sums of rounded products.
	// stats[M,2] = (mean, rstd). Arg: x, gamma, beta, y, stats. Dim: M, N. Scalar: eps.
	OpLayerNorm Op = 42

	// OpLayerNormGrad: g = dy gamma, m1 = sum g / N, m2 = sum g xhat / N (vector sums of rounded products),
	// dx = fma(-xhat, m2, g - m1) rstd; acc adds to dx only. dgamma[N] = sum of fma(dy, xhat, .) and
	// dbeta[N] = sum dy over rows, in the order of OpSumCols.
	// Arg: x, stats, gamma, dy, dx, dgamma, dbeta. Dim: M, N.
	OpLayerNormGrad Op = 43
)

var normOps = family{
	OpGroupNorm: {
		Name: "groupnorm", Dims: normDims, Flops: times(8, prod(0, 1, 2)),
		Args: []ArgSpec{
			in("x", prod(0, 1, 2)), in("gamma", dim(2)), in("beta", dim(2)), opt("film", times(2, prod(0, 2))),
			out("y", prod(0, 1, 2)), out("stats", times(2, prod(0, 3))),
		},
		Check: (*Desc).checkNorm,
		Rows:  uncut,
	},
	OpGroupNormGrad: {
		Name: "groupnormgrad", Dims: normDims, Accumulates: true, Flops: times(14, prod(0, 1, 2)),
		Args: []ArgSpec{
			in("x", prod(0, 1, 2)), in("stats", times(2, prod(0, 3))), in("gamma", dim(2)), in("beta", dim(2)), opt("film", times(2, prod(0, 2))),
			in("dy", prod(0, 1, 2)), out("dx", prod(0, 1, 2)), fresh("sums", times(2, prod(0, 2))),
		},
		Check: (*Desc).checkNorm,
		Rows:  uncut,
	},
	OpGroupNormParamGrad: {
		Name: "groupnormparamgrad", Dims: []string{"B", "C"},
		Args: []ArgSpec{
			in("sums", times(2, prod(0, 1))), in("gamma", dim(1)), in("beta", dim(1)), opt("film", times(2, prod(0, 1))),
			out("dgamma", dim(1)), out("dbeta", dim(1)), optOut("dfilm", times(2, prod(0, 1))),
		},
		Rows:  uncut,
		Terms: termsOf([]int{4, 5}, times(2, dim(1)), nil, nil, times(2, dim(1)), nil, nil, times(2, dim(1))),
	},
	OpLayerNorm: {
		Name: "layernorm", Dims: []string{"M", "N"}, Flops: times(8, prod(0, 1)),
		Args: []ArgSpec{in("x", prod(0, 1)), in("gamma", dim(1)), in("beta", dim(1)), out("y", prod(0, 1)), out("stats", times(2, dim(0)))},
		Rows: uncut,
	},
	OpLayerNormGrad: {
		Name: "layernormgrad", Dims: []string{"M", "N"}, Accumulates: true, Flops: times(14, prod(0, 1)),
		Args: []ArgSpec{
			in("x", prod(0, 1)), in("stats", times(2, dim(0))), in("gamma", dim(1)), in("dy", prod(0, 1)),
			out("dx", prod(0, 1)), fresh("dgamma", dim(1)), fresh("dbeta", dim(1)),
		},
		Rows: uncut,
	},
}

var normDims = []string{"B", "P", "C", "G"}

// checkNorm checks the groups and the function of a group normalisation.
func (d *Desc) checkNorm() error {
	if d.Dim[3] == 0 || d.Dim[2]%d.Dim[3] != 0 {
		return fmt.Errorf("%s: %d groups do not divide %d channels", d.Op, d.Dim[3], d.Dim[2])
	}
	switch d.Fn {
	case FnIdentity, FnReLU, FnSiLU, FnGELU: // the derivative needs only the input
	default:
		return fmt.Errorf("%s: no function %s, only identity, relu, silu and gelu", d.Op, d.Fn)
	}
	return d.checkFlags(FlagAccumulate)
}
