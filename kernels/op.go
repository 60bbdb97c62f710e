package kernels

import "fmt"

// Op is an operation code. What its arguments, dimensions and scalars mean is documented at
// the constant and executed by its [Spec]; C sees the same numbers in program.h.
type Op uint32

// The op set. Tensors are contiguous and row-major unless a leading dimension is named.
// "acc" means: with [FlagAccumulate] the result is added to the output (out = out + result),
// without it the output is overwritten.
const (
	OpNone Op = iota

	// OpGemm: C[G,M,N] = f(A[G,M,K] B[G,K,N] + bias[N]); acc (before the bias).
	// Arg: A, B, bias?, aux?, C. Dim: M, N, K, lda, ldb, ldc, G, strideA, strideB, strideC, strideBias.
	// FlagTransA: A is stored [K,M]; FlagTransB: B is stored [N,K]. With FlagFnGrad the
	// result is multiplied by f'(aux) instead, aux [G,M,N] holding the *output* of f laid out like C
	// (ReLU, LeakyReLU, Tanh, Sigmoid). Scalar[0]: slope of LeakyReLU. With strideBias = 0
	// all groups share the bias.
	OpGemm
	// OpUnary: y[n] = f(x[n]). Arg: x, y. Dim: n. Scalar: parameters of f. In place allowed. acc.
	OpUnary
	// OpUnaryGrad: dx[n] = dy[n] f'(x[n]); acc. Arg: x, y, dy, dx (x and y are input and output of f;
	// f' is evaluated from whichever [Fn] documents). Dim: n.
	OpUnaryGrad
	// OpBinary: y[M,N] = a[i*ars+j*acs] (Bin) b[i*brs+j*bcs]; strides 0 broadcast. acc.
	// Arg: a, b, y. Dim: M, N, ars, acs, brs, bcs. In place (y = a) allowed when a is contiguous.
	OpBinary
	// OpSumAll: y[1] = s * sum f(x[n]); acc. Arg: x, y. Dim: n. Scalar: [0] s, then parameters of f
	// are not available: f is one of FnIdentity, FnSquare, FnAbs.
	OpSumAll
	// OpSumRows: y[M] = s * sum_j f(x[M,N]); acc. Arg: x, y. Dim: M, N. As OpSumAll per row.
	OpSumRows
	// OpSumCols: y[N] = s * sum_i f(x[M,N]); acc. Arg: x, y. Dim: M, N, ldx.
	OpSumCols
	// OpCopy: y[i*ldy+j] = x[i*ldx+j] for i < M, j < N; acc. Arg: x, y. Dim: M, N, ldx, ldy.
	OpCopy
	// OpFill: y[n] = Scalar[0]. Arg: y. Dim: n.
	OpFill

	// OpLoop runs the ops behind it, its body, again and again over other parts of their
	// arguments; see [Step]. Dim: body (ops), iterations, segments.
	OpLoop

	// OpLogSoftmax: y[M,N] = log softmax of x over the legal entries; masked entries of y are
	// [MaskedLogProb]. A row without a legal entry is a programmer fault and gives NaN.
	// Arg: x, mask?, y. Dim: M, N.
	OpLogSoftmax
	// OpLogSoftmaxGrad: dx[M,N] = dy - exp(y) sum_j dy over legal entries, 0 where masked; acc.
	// Arg: y, mask?, dy, dx. Dim: M, N.
	OpLogSoftmaxGrad
	// OpSample: a[M] = index drawn from exp(logp[M,N]) by inverse CDF in ascending index with one
	// uniform per row: Philox(key Seed, counter (row, low, high, Stream)), word 0.
	// The last entry with positive probability catches rounding.
	// Arg: logp, counter, a. Dim: M, N.
	OpSample
	// OpArgMax: a[M] = first index of the largest x[M,N]. Arg: x, a. Dim: M, N.
	OpArgMax
	// OpOneHot: y[M,N] = 1 at a[M], else 0. Arg: a, y. Dim: M, N.
	OpOneHot
	// OpPick: y[M] = x[M, a[M]]. Arg: x, a, y. Dim: M, N.
	OpPick
	// OpPickGrad: dx[M,N] = dy[M] at a[M], else 0; acc. Arg: dy, a, dx. Dim: M, N.
	OpPickGrad

	// OpAttention: multi-head attention over agents that excludes the agent itself:
	// w_ij = softmax over j != i of q_i.k_j / sqrt D, x_i = sum_{j != i} w_ij v_j; zeros when N = 1.
	// q, k, v, x are [B,N,h*D]. Arg: q, k, v, x, penalty?. Dim: B, N, h, D. Never stores N x N beyond one
	// tile. penalty[1], with Scalar[0], is the y of OpAttentionPenalty. Iqbal & Sha 2019, eq. 6.
	OpAttention
	// OpAttentionGrad: gradients of OpAttention for dx and, with Scalar[0], dpenalty[1].
	// Arg: q, k, v, dx, dq, dk, dv, dpenalty?. Dim: B, N, h, D. acc.
	OpAttentionGrad
	// OpAttentionPenalty: y[1] = Scalar[0] * mean over B, h, i != j of (q_i.k_j / sqrt D)^2; 0 when N = 1.
	// Arg: q, k, y. Dim: B, N, h, D.
	OpAttentionPenalty
	// OpAttentionPenaltyGrad: gradients of OpAttentionPenalty for dy[1]. Arg: q, k, dy, dq, dk. acc.
	// Dim: B, N, h, D. Scalar as OpAttentionPenalty.
	OpAttentionPenaltyGrad
	// OpAttentionEntropy: y[h] = mean over B, i of the entropy of w_i in nats. Arg: q, k, y. Dim: B, N, h, D.
	OpAttentionEntropy

	// OpConv: y[B,OY,OX,F] = f(sum over ky, kx, c of x[b, oy strideY + ky - padY, ox strideX + kx - padX, c]
	// w[ky,kx,c,F] + bias[F]), OY and OX by [ConvOut]. The product sum ascends in (ky, kx, c); outside of x
	// there are zeros, which take part. acc (after the bias, before f). Scalar: parameters of f.
	// Arg: x[B,Y,X,C], w[KY,KX,C,F], bias?, y. Dim: B, Y, X, C, KY, KX, F, strideY, strideX, padY, padX.
	OpConv
	// OpConvGradX: dx[B,Y,X,C], the gradient of OpConv by x without f. The product sum at (y, x) takes the
	// taps with y + padY - ky a multiple of strideY, and x likewise, in descending (ky, kx), each with
	// ascending f; outside of dy there are zeros, which take part. acc. With FlagFnGrad the result is then
	// multiplied by f'(aux) as in OpGemm, aux laid out like dx; Scalar[0]: slope of LeakyReLU.
	// Arg: dy, w, aux?, dx. Dim as OpConv.
	OpConvGradX
	// OpConvGradW: dw[KY,KX,C,F], the gradient of OpConv by w without f. The sum over the pixels of y is
	// fused multiply-add in ascending order inside blocks, the block sums are added in ascending order. A
	// block is max(1, BlockK/OX) rows out of the B*OY rows of all images, cut into pieces of BlockK columns
	// where OX is larger. Zeros outside of x take part. acc. Arg: x, dy, dw. Dim as OpConv.
	OpConvGradW

	// OpGatherRows: y[M,N] = table[idx[M], N]; NaN for an index out of range, as for OpPick. Arg: table, idx, y. Dim: M, N, R (rows of the table).
	OpGatherRows
	// OpScatterRows: table[idx[M], N] = x[M,N], ascending M (the last of equal indices wins); acc adds
	// in ascending M. An index out of range is skipped, as for OpOneHot and OpPickGrad. Arg: x, idx, table. Dim: M, N, R.
	OpScatterRows

	// OpRandInt: y[n] = floor(u * bound[1]) clamped below bound, u from Philox word i%4 of counter
	// (i/4, low, high, Stream). Arg: bound, counter, y. Dim: n.
	OpRandInt
	// OpUniform: y[n] = lo + (hi-lo) u, in this order without fma; u as in OpRandInt. Scalar: lo, hi.
	// Arg: counter, y. Dim: n.
	OpUniform
	// OpNormal: y[n] = mean + std z, z by Box-Muller from pairs of words: u1 = (w0>>8 + 1) 2^-24,
	// u2 = (w1>>8) 2^-24, z0 = sqrt(-2 log u1) cos(2 pi u2), z1 with sin. Scalar: mean, std. Arg: counter, y. Dim: n.
	OpNormal
	// OpCount: counter[2] = (high, low) += Dim[0] in base 2^24. Arg: counter.
	OpCount

	// OpAdam: one fused step over n parameters (Kingma & Ba 2015), g scaled by scale[1] first:
	// m = fma(b1, m, (1-b1) g), v = fma(b2, v, ((1-b2) g) g),
	// p -= state.lr / (1-state.b1t) * m / (sqrt(v / (1-state.b2t)) + eps).
	// Arg: p, g, m, v, state, scale?. Dim: n. Scalar: b1, b2, eps.
	// state[3] = (lr, b1^t, b2^t), advanced by OpAdamTick before the first OpAdam of a step.
	OpAdam
	// OpAdamTick: state.b1t *= b1, state.b2t *= b2. Arg: state. Scalar: b1, b2.
	OpAdamTick
	// OpPolyak: t[n] = fma(Scalar[0], p - t, t). Arg: p, t. Dim: n.
	OpPolyak
	// OpClipScale: from the sum of squares q[1]: norm[1] = sqrt(q), scale[1] = min(1, Scalar[0]/(norm + 1e-6)).
	// Arg: q, norm, scale.
	OpClipScale
	// OpMoments: y[2] = (mean, standard deviation) of x[0 : rows*N] weighted by w (0 or 1; all ones when
	// absent), rows = count[1] a device scalar; (0, 1) when nothing is selected or the deviation is below
	// 1e-6. Arg: x, w?, count, y. Dim: R (capacity in rows), N. Population variance, two passes.
	OpMoments
	// OpCheckFinite: y[1] = 1 if every x[n] is finite, else 0; with acc y = min(y, .). Arg: x, y. Dim: n.
	OpCheckFinite

	// OpStep: one slot of Program.Environments[env], see [Slot]. Not in a loop.
	// Arg: act, obs, mask, nextObs, nextMask, reward, active, ended. Dim: env, W, A, O, U.
	OpStep

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
	// n is the numbers of a group, 1 where P = 0: there mean = 0 and rstd = 1 / sqrt(eps).
	OpGroupNorm
	// OpGroupNormGrad: gradient of OpGroupNorm; acc adds to dx only. sums[B,2,C] is what
	// OpGroupNormParamGrad needs. With d, a, b, n and the order of sums as there:
	// e = dy f'(fma(d, a, b)), S0 = sum e and S1 = rstd (sum e d) over P, u1 = (sum a S0) / n and
	// u2 = ((sum a S1) / n) rstd over the channels of a group, dx = fma(e, a, -fma(d, u2, u1)).
	// Arg: x, stats, gamma, beta, film?, dy, dx, sums. Dim: B, P, C, G.
	OpGroupNormGrad
	// OpGroupNormParamGrad: dgamma[C] = sum_b (1 + scale) S1, dbeta[C] = sum_b (1 + scale) S0, fma in
	// ascending b; dfilm[B,2C] = (fma(gamma, S1, beta S0), S0).
	// Arg: sums, gamma, beta, film?, dgamma, dbeta, dfilm?. Dim: B, C.
	OpGroupNormParamGrad
	// OpLayerNorm: y[M,N] = fma(xhat, gamma, beta), xhat = (x - mean) rstd for each row (Ba et al. 2016);
	// mean = sum x / N, rstd = 1 / sqrt(sum (x - mean)^2 / N + eps), vector sums of rounded products.
	// stats[M,2] = (mean, rstd). Arg: x, gamma, beta, y, stats. Dim: M, N. Scalar: eps.
	OpLayerNorm
	// OpLayerNormGrad: g = dy gamma, m1 = sum g / N, m2 = sum g xhat / N (vector sums of rounded products),
	// dx = fma(-xhat, m2, g - m1) rstd; acc adds to dx only. dgamma[N] = sum of fma(dy, xhat, .) and
	// dbeta[N] = sum dy over rows, in the order of OpSumCols.
	// Arg: x, stats, gamma, dy, dx, dgamma, dbeta. Dim: M, N.
	OpLayerNormGrad

	// OpUpsample: y[b, f i + u, f j + v, c] = Scalar[0] x[B,Y,X,C] for u, v < f: nearest neighbour; acc.
	// Arg: x, y. Dim: B, Y, X, C, f.
	OpUpsample
	// OpPool: y[B,Y,X,C] = Scalar[0] * sum of x[b, f i + u, f j + v, c] over u, v < f in ascending order,
	// x being [B, f Y, f X, C]: the adjoint of OpUpsample, and average pooling for 1/f^2; acc.
	// Arg: x, y. Dim: B, Y, X, C, f.
	OpPool
	// OpDropout: y[n] = u < p ? 0 : x * (1 / (1-p)), u as in OpRandInt, so the same counter gives the
	// same mask again (Srivastava et al. 2014); acc. Scalar: p. Arg: x, counter, y. Dim: n.
	OpDropout
	// OpSinusoid: y[B, 2 F] = (sin(t f_i), cos(t f_i)), i < F, of the times t[B]; f_0 = 1, f_i = r^i with
	// r = Scalar[0] + Scalar[1] (Vaswani et al. 2017, Ho et al. 2020). In float64, every operation rounded:
	// w_0 = 1/(2 pi), w_(i+1) = w_i r, turns = t w_i - floor(t w_i); then sine and cosine of the turns,
	// rounded to float32, as in OpNormal. Within 3e-7 for |t| up to 2^20. Arg: t, y. Dim: B, F.
	OpSinusoid

	// OpGAE: generalised advantages A[T,M] of M independent chains (Schulman et al. 2016), from the last
	// slot to the first, every operation rounded, with A_T = 0 and c = Scalar[0] Scalar[1] (gamma lambda):
	// A_t = ((reward + follows) - value) + rest, follows = ended == Terminated ? 0 : gamma next,
	// rest = ended == GoesOn ? c A_(t+1) : 0. next is the value of the successor, at a time limit that of
	// the end of the episode; ended has the values of [Slot].
	// Arg: reward, value, next, ended, A. Dim: T, M. Scalar: gamma, lambda.
	OpGAE
	// OpShuffle: y[M] = elements c, c+1, ... of an endless sequence, c being counter[2], in which elements
	// e N to (e+1) N - 1 are a random permutation of 0 .. N-1, for every e. Element e N + p is the first x_k < N
	// with x_0 = p and x_(k+1) = twelve rounds of a Feistel network on (L, R) = (x_k mod a, x_k / a), with a the
	// smallest number with a a >= N and b = ceil(N / a): L = (L + F_r(R)) mod a in rounds r = 0, 2, .. 10 and
	// R = (R + F_r(L)) mod b in the others, x_(k+1) = R a + L, k >= 1. F_r(z) is word 0 of
	// Philox(key Seed, counter (z, e mod 2^32, 32 (e / 2^32) + r, Stream)). N is 1 to 2^24.
	// Arg: counter, y. Dim: M, N.
	OpShuffle

	opEnd
)

// Fn is a pointwise function: the body of OpUnary and the epilogue of OpGemm and OpConv.
type Fn uint32

// The pointwise functions, with the derivative each backend uses.
const (
	FnIdentity   Fn = iota // x
	FnAffine               // Scalar[0] x + Scalar[1], product rounded first; f' = Scalar[0]
	FnReLU                 // x < 0 ? 0 : x, so NaN stays; f' = y > 0
	FnLeakyReLU            // x > 0 ? x : Scalar[0] x; f' = y > 0 ? 1 : Scalar[0]
	FnTanh                 // f' = 1 - y y
	FnSigmoid              // 1/(1+exp(-x)); f' = y (1 - y)
	FnExp                  // f' = y
	FnLog                  // f' = 1/x
	FnSquare               // x x; f' = 2 x
	FnSqrt                 // f' = 0.5 / y
	FnReciprocal           // 1/x; f' = -(y y)
	FnAbs                  // f' = sign x, 0 at 0
	FnClamp                // min(max(x, Scalar[0]), Scalar[1]); f' = 1 strictly inside, else 0
	FnSiLU                 // x / (1+exp(-x)); f' = s fma(x, 1-s, 1) with s = sigmoid x
	FnGELU                 // x Phi(x), Phi the normal distribution (Hendrycks & Gimpel 2016, exact); f' = fma(x, phi(x), Phi(x))
	fnEnd
)

// Bin is the body of OpBinary.
type Bin uint32

// The binary operations.
const (
	BinAdd Bin = iota
	BinSub
	BinMul
	BinDiv
	BinMin
	BinMax
	binEnd
)

// Flags modify an op; which ops know which flag is documented at the op.
type Flags uint32

// The flags.
const (
	FlagAccumulate Flags = 1 << iota
	FlagTransA
	FlagTransB
	FlagFnGrad
)

// Numbers that are part of the specification of the ops.
const (
	// BlockK is the length of a block of a product sum, in terms.
	BlockK = 256
	// Lanes is the number of virtual lanes of a vector sum.
	Lanes = 16
	// Chunk is the number of elements of one chunk of a vector sum.
	Chunk = 4096
	// ChunkRows is the number of rows of one chunk of a sum over rows.
	ChunkRows = 256
	// MaskedLogProb is the log-probability of an illegal action: finite, and exp of it is 0.
	MaskedLogProb = -1e9
	// CounterBase is the base of the two digits of a counter.
	CounterBase = 1 << 24
)

var fnNames = [...]string{"identity", "affine", "relu", "leakyrelu", "tanh", "sigmoid", "exp", "log", "square", "sqrt", "reciprocal", "abs", "clamp", "silu", "gelu"}

// String returns the name used in dumps.
func (f Fn) String() string {
	if f < fnEnd {
		return fnNames[f]
	}
	return fmt.Sprintf("fn(%d)", uint32(f))
}

var binNames = [...]string{"add", "sub", "mul", "div", "min", "max"}

// String returns the name used in dumps.
func (b Bin) String() string {
	if b < binEnd {
		return binNames[b]
	}
	return fmt.Sprintf("bin(%d)", uint32(b))
}

// String returns the name used in dumps.
func (o Op) String() string {
	if o > OpNone && o < opEnd {
		return specs[o].Name
	}
	return fmt.Sprintf("op(%d)", uint32(o))
}
