// The product of matrices as a problem of products.cuh.
#ifndef GMEL_GEMM_CUH
#define GMEL_GEMM_CUH

#include "products.cuh"

// C[G,M,N] = f(A[G,M,K] B[G,K,N] + bias[N]), or (A B + bias) f'(aux); acc before the bias.
struct gemm {
	static BOTH int64_t groups(const desc &d) { return d.dim[GEMM_GROUPS]; }
	static BOTH int64_t most_rows(const desc &d) { return d.dim[GEMM_M]; }
	static BOTH int64_t width(const desc &d) { return d.dim[GEMM_N]; }
	static BOTH int64_t blocks(const desc &d) { return larger(1, ceil_div(d.dim[GEMM_K], BLOCK_K)); }

	const view &v;
	int64_t group, rows, columns;

	DEVICE gemm(const view &v, int64_t group) : v(v), group(group), rows(v.dim(GEMM_M)), columns(v.dim(GEMM_N)) {}
	DEVICE int64_t chains() const { return blocks(*v.d); }
	DEVICE span block(int64_t b) const { return {b * BLOCK_K, smaller((b + 1) * BLOCK_K, v.dim(GEMM_K))}; }
	DEVICE matrix a() const { return matrix_of(v.arg(0) + group * v.dim(GEMM_STRIDE_A), v.dim(GEMM_LDA), rows, !v.has(FLAG_TRANS_A)); }
	DEVICE matrix b() const { return matrix_of(v.arg(1) + group * v.dim(GEMM_STRIDE_B), v.dim(GEMM_LDB), columns, v.has(FLAG_TRANS_B)); }
	DEVICE epilogue end() const {
		epilogue e = {};
		const float *bias = v.arg(2), *aux = v.arg(3);
		int64_t at = group * v.dim(GEMM_STRIDE_C);
		e.c = v.arg(4) + at, e.grad = v.has(FLAG_FN_GRAD);
		e.bias = bias ? bias + group * v.dim(GEMM_STRIDE_BIAS) : NULL, e.aux = e.grad ? aux + at : NULL;
		e.ld = v.dim(GEMM_LDC), e.rows = rows, e.columns = columns;
		e.p = v.scalar(0), e.q = v.scalar(1), e.fn = v.d->fn;
		e.accumulate = v.accumulate, e.bias_first = false;
		e.set_vector();
		return e;
	}
};

// copied is a matrix that may have a copy in bf16, whose lines are its lines in memory.
struct copied : matrix {
	const uint16_t *copy; // or NULL
	int64_t copy_ld;
};

// copied_gemm has copies of its arguments (kernels/copies).
struct copied_gemm : gemm {
	DEVICE copied_gemm(const view &v, int64_t group) : gemm(v, group) {}
	DEVICE copied a() const { return {gemm::a(), v.copy(GMEL_COPY_LEFT), copied_width(v.has(FLAG_TRANS_A) ? rows : v.dim(GEMM_K))}; }
	DEVICE copied b() const { return {gemm::b(), v.copy(GMEL_COPY_RIGHT), copied_width(v.has(FLAG_TRANS_B) ? v.dim(GEMM_K) : columns)}; }
	DEVICE epilogue end() const {
		epilogue e = gemm::end();
		e.copy = v.copy(GMEL_COPY_RESULT);
		return e;
	}
};

template <class Make, class P = gemm> const kernel *gemm_kernel_by(launch &l) {
	return l.d.op == OP_GEMM ? Make::template of<P>(l, l.d.dim[GEMM_K]) : NULL;
}

#endif
