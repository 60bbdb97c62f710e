// Distributions over actions.
#ifndef GMEL_POLICY_CUH
#define GMEL_POLICY_CUH

#include "float4_io.cuh"
#include "functions.cuh"
#include "philox.cuh"
#include "rows.cuh"

DEVICE bool legal(const float *mask, int64_t j) { return !mask || mask[j] != 0; }

// row_at is row i of an optional matrix with n columns.
DEVICE float *row_at(float *x, int64_t i, int64_t n) { return x ? x + i * n : NULL; }

// y = (x - m) - log(sum exp(x - m)) over the legal entries, where m is their maximum without NaN.
struct log_softmax {
	template <class By> static DEVICE float largest(const float *x, const float *mask, int64_t n, bool *any) {
		float m = -infinity();
		int found = 0;
		for (int64_t j = By::first(); j < n; j += By::step)
			if (legal(mask, j)) {
				found = 1;
				if (x[j] > m) m = x[j];
			}
		*any = By::any(found);
		return By::largest(m);
	}
	template <class By> static DEVICE void row(const view &v, int64_t i, bool there) {
		int64_t columns = v.dim(1), n = there ? columns : 0;
		const float *x = v.arg(0) + i * columns, *mask = row_at(v.arg(1), i, columns);
		float *y = v.arg(2) + i * columns;
		bool any;
		float top = largest<By>(x, mask, n, &any);
		float norm = log_of(By::sum(n, columns, [=](int64_t j) { return legal(mask, j) ? exp_of(x[j] - top) : 0; }));
		for (int64_t j = By::first(); j < n; j += By::step)
			y[j] = !any ? not_a_number() : legal(mask, j) ? (x[j] - top) - norm : MASKED_LOG_PROB;
	}
};

// dx = dy - exp(y) sum dy over the legal entries, 0 where masked
struct log_softmax_grad {
	template <class By> static DEVICE void row(const view &v, int64_t i, bool there) {
		int64_t columns = v.dim(1), n = there ? columns : 0;
		const float *y = v.arg(0) + i * columns, *mask = row_at(v.arg(1), i, columns), *dy = v.arg(2) + i * columns;
		float *dx = v.arg(3) + i * columns;
		float total = By::sum(n, columns, [=](int64_t j) { return legal(mask, j) ? dy[j] : 0; });
		for (int64_t j = By::first(); j < n; j += By::step) v.put(dx + j, legal(mask, j) ? dy[j] - exp_of(y[j]) * total : 0);
	}
};

// a[M] = first index of the largest x[M,N]. NaN wins only at index 0.
struct arg_max {
	template <class By> static DEVICE void row(const view &v, int64_t i, bool there) {
		int64_t columns = v.dim(1), n = there ? columns : 0;
		const float *x = v.arg(0) + i * columns;
		float best = -infinity();
		int at = By::first();
		for (int64_t j = at; j < n; j += By::step)
			if (x[j] > best) best = x[j], at = (int)j;
		By::first_of_largest(best, at);
		if (there && By::leads()) v.arg(1)[i] = n == 0 || x[0] != x[0] ? 0 : (float)at;
	}
};

// a[M] = index drawn from exp(logp[M,N]) by inverse CDF, by one thread per row. It computes the exponentials of few columns
// by itself; of more, the threads of the block compute those of a tile.
struct sample_rows {
	static const int phases = 1, threads = 128, tile_rows = 32, columns = 32;
	static const bool syncs = true, loops = true;
	static BOTH bool few(const desc &d) { return d.dim[1] <= FEW; }
	static BOTH int64_t rows(const desc &d) { return few(d) ? threads : tile_rows; }
	static int64_t tasks(const desc &d, int) { return ceil_div(d.dim[0], rows(d)); }
	static int64_t shared(const desc &d) { return no_shared(d); }

	// draw is a row whose probabilities arrive in ascending order.
	struct draw {
		float u, cumulative;
		int64_t last, drawn;

		DEVICE draw(const view &v, int64_t row) : cumulative(0), last(0), drawn(-1) {
			uint32_t w[4];
			philox_of(*v.d, v.arg(1)).block((uint32_t)(v.dim(2) + row), w);
			u = uniform_of(w[0]);
		}
		DEVICE void add(int64_t j, float p) {
			cumulative += p;
			if (u < cumulative) drawn = j;
			if (p > 0) last = j;
		}
		DEVICE float index() const { return (float)(drawn < 0 ? last : drawn); }
	};
	static DEVICE void run(const view &v, int, int64_t task) {
		int64_t first = task * rows(*v.d), there = smaller(rows(*v.d), v.dim(0) - first);
		if (!few(*v.d)) return run_tile(v, first, (int)there);
		if (threadIdx.x >= there) return;
		draw d(v, first + threadIdx.x);
		const float *logp = v.arg(0) + (first + threadIdx.x) * v.dim(1);
		for (int64_t j = 0; j < v.dim(1) && d.drawn < 0; j++) d.add(j, exp_of(logp[j]));
		v.arg(2)[first + threadIdx.x] = d.index();
	}
	static DEVICE void run_tile(const view &v, int64_t first, int there) {
		__shared__ float tile[tile_rows][columns + 1];
		int64_t n = v.dim(1);
		int row = threadIdx.x;
		const float *logp = v.arg(0) + first * n;
		draw d(v, first + row);
		for (int64_t from = 0; from < n; from += columns) {
			int width = (int)smaller(columns, n - from);
			for (int e = threadIdx.x; e < there * columns; e += threads)
				if (e % columns < width) tile[e / columns][e % columns] = exp_of(logp[e / columns * n + from + e % columns]);
			__syncthreads();
			for (int j = 0; row < there && j < width && d.drawn < 0; j++) d.add(from + j, tile[row][j]);
			__syncthreads();
		}
		if (row < there) v.arg(2)[first + row] = d.index();
	}
};

// y[M,N] = 1 at a[M], else 0
struct one_hot {
	const view &v;
	const float *a;
	float *y;
	int64_t columns;

	static BOTH int64_t count(const desc &d) { return d.dim[0] * d.dim[1]; }
	static void prepare(desc &d, int64_t (&by)[DIVISORS]) { by[0] = d.dim[1]; }
	DEVICE one_hot(const view &v) : v(v), a(v.arg(0)), y(v.arg(1)), columns(v.dim(1)) {}
	DEVICE bool wide() const { return columns % 4 == 0 && v.aligned(1); }
	template <int K> DEVICE void at(int64_t e) const {
		quotient at = v.divide(e, columns, 0);
		int64_t one = index_of(a[at.whole], columns) - at.rest;
		float x[K];
		UNROLL for (int l = 0; l < K; l++) x[l] = one == l ? 1 : 0;
		store(y + e, x);
	}
};

// y[M] = x[M, a[M]], NaN for an index out of range
struct pick {
	static BOTH int64_t count(const desc &d) { return d.dim[0]; }
	static DEVICE void at(const view &v, int64_t i) {
		int64_t n = v.dim(1), j = index_of(v.arg(1)[i], n);
		v.arg(2)[i] = j < 0 ? not_a_number() : v.arg(0)[i * n + j];
	}
};

// dx[M,N] = dy[M] at a[M], else 0
struct pick_grad {
	const view &v;
	const float *dy, *a;
	float *dx;
	int64_t columns;

	static BOTH int64_t count(const desc &d) { return d.dim[0] * d.dim[1]; }
	static void prepare(desc &d, int64_t (&by)[DIVISORS]) { by[0] = d.dim[1]; }
	DEVICE pick_grad(const view &v) : v(v), dy(v.arg(0)), a(v.arg(1)), dx(v.arg(2)), columns(v.dim(1)) {}
	DEVICE bool wide() const { return columns % 4 == 0 && v.aligned(2); }
	template <int K> DEVICE void at(int64_t e) const {
		quotient at = v.divide(e, columns, 0);
		int64_t here = index_of(a[at.whole], columns) - at.rest;
		float x[K], d = dy[at.whole];
		UNROLL for (int l = 0; l < K; l++) x[l] = here == l ? d : 0;
		put(v, dx + e, x);
	}
};

#endif
