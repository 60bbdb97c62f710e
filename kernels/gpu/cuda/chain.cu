// A chain of products of matrices, each with at most GMEL_CHAIN_WIDEST columns and terms. A block of threads has some
// rows. Their left factors stay in shared memory from the first product to the last: the results of each product
// overwrite those of the product before. Panels of the right factors are read as in product.cuh. The order of sums is
// that of ref: one chain of fma in ascending k, because all terms are in one block.
#include "chain.cuh"

#include "gemm.cuh"
#include "tile_heuristic.cuh"

static_assert((int)GMEL_CHAIN_WIDEST <= (int)BLOCK_K, "a product has one block of terms, whose sum is one chain of fma");

namespace {

// rows_tile: ROWS rows of a block of threads, panels of DEPTH terms. A thread has my_rows rows, `down` apart, and four
// columns in each half. A warp covers 4 x 8 threads, so that its reads of shared memory have no bank conflicts.
template <int ROWS, int THREADS, int DEPTH, int RESIDENT> struct rows_tile {
	static const int rows = ROWS, threads = THREADS, depth = DEPTH, resident = RESIDENT;
	static const int half = GMEL_CHAIN_WIDEST / 2, across = half / 4, down = THREADS / across, my_rows = ROWS / down;
	static const int pitch = GMEL_CHAIN_WIDEST + 4; // neighbouring rows then begin four banks apart

	static DEVICE int warp_column() { return threadIdx.x / 32 % (across / 8) * 32; }
	static DEVICE int column() { return warp_column() + threadIdx.x % 8 * 4; }
	static DEVICE int row(int i) { return i * down + threadIdx.x / 32 / (across / 8) * 4 + threadIdx.x % 32 / 8; }
};

template <class Tile> struct __align__(16) left_factors {
	float x[Tile::rows * Tile::pitch];
};
template <class Tile, int HALVES> using part_panel = panel<HALVES * Tile::half, Tile::depth>;

// wanted says where a result is stored.
struct wanted {
	bool in_memory, on_chip;
};

// chain_sums are a thread's sums of the rows x[ROWS][pitch] times a matrix with up to HALVES halves of columns.
template <class Tile, int HALVES> struct chain_sums {
	static const int columns = 4 * HALVES;
	typedef part_panel<Tile, HALVES> right;
	float sum[Tile::my_rows][columns];

	DEVICE void term(const float (&a)[Tile::my_rows], const float *b) {
		float y[columns];
		UNROLL for (int h = 0; h < HALVES; h++) spread(*(const float4 *)&b[h * Tile::half + Tile::column()], y + 4 * h);
		UNROLL for (int i = 0; i < Tile::my_rows; i++)
			UNROLL for (int j = 0; j < columns; j++) sum[i][j] = fmaf(a[i], y[j], sum[i][j]);
	}
	// terms adds n terms, at most one panel. It does not add zeros after the last: they would turn -0 into +0.
	DEVICE void terms(const float *x, const right &b, int n) {
		if (n >= Tile::depth) {
			UNROLL for (int k = 0; k < Tile::depth; k += 4) four_terms(x + k, b.x + k);
		} else {
			ROLLED for (int k = 0; k < n; k++) {
				float a[Tile::my_rows];
				UNROLL for (int i = 0; i < Tile::my_rows; i++) a[i] = x[Tile::row(i) * Tile::pitch + k];
				term(a, b.x[k]);
			}
		}
	}
	DEVICE void four_terms(const float *x, const float (*b)[HALVES * Tile::half + 4]) {
		float four[Tile::my_rows][4];
		UNROLL for (int i = 0; i < Tile::my_rows; i++) spread(*(const float4 *)&x[Tile::row(i) * Tile::pitch], four[i]);
		UNROLL for (int k = 0; k < 4; k++) {
			float a[Tile::my_rows];
			UNROLL for (int i = 0; i < Tile::my_rows; i++) a[i] = four[i][k];
			term(a, b[k]);
		}
	}
	// multiply computes the sums of n terms. Its barriers also separate these reads of x from writes before and after it.
	// Warps without columns only copy panels.
	DEVICE void multiply(const float *x, right (&panels)[2], const matrix &b, int n) {
		feed<matrix, HALVES * Tile::half, Tile::depth, Tile::threads> next;
		bool there = Tile::warp_column() < b.rows;
		UNROLL for (int i = 0; i < Tile::my_rows; i++)
			UNROLL for (int j = 0; j < columns; j++) sum[i][j] = 0;
		next.begin(b, 0, 0);
		int side = 0;
		ROLLED for (int k = -Tile::depth; k < n; k += Tile::depth, side ^= 1) {
			bool more = k + Tile::depth < n;
			if (more) next.fetch(b, k + Tile::depth, n);
			if (k >= 0 && there) terms(x + k, panels[side], n - k);
			if (more) next.store(b, panels[side ^ 1]);
			__syncthreads();
		}
	}
	// finish applies the epilogue to the sums, from row row0 of the matrix on, and stores the results as wanted says: in
	// memory, in x for the next product, or both.
	DEVICE void finish(const epilogue &e, int64_t row0, wanted w, float *x) const {
		if (Tile::warp_column() >= e.columns) return;
		if (e.simple()) finish_simple(e, row0, w, x);
		else finish_any(e, row0, w, x);
	}
	DEVICE void finish_simple(const epilogue &e, int64_t row0, wanted w, float *x) const {
		UNROLL for (int h = 0; h < HALVES; h++) {
			int column = h * Tile::half + Tile::column(), there = (int)e.columns - column;
			float4 bias = e.bias ? four_of(e.bias + column, there, false) : make_float4(0, 0, 0, 0);
			UNROLL for (int i = 0; i < Tile::my_rows; i++) {
				if (row0 + Tile::row(i) >= e.rows) continue;
				int64_t at = (row0 + Tile::row(i)) * e.ld + column;
				float4 r = e.four(at, there, &sum[i][4 * h], bias);
				if (w.in_memory) e.store(at, there, r);
				if (w.on_chip) *(float4 *)&x[Tile::row(i) * Tile::pitch + column] = r;
			}
		}
	}
	DEVICE void finish_any(const epilogue &e, int64_t row0, wanted w, float *x) const {
		ROLLED for (int i = 0; i < Tile::my_rows; i++) {
			if (row0 + Tile::row(i) >= e.rows) continue;
			float t[columns];
			UNROLL for (int j = 0; j < columns; j++) {
				t[j] = sum[0][j];
				UNROLL for (int r = 1; r < Tile::my_rows; r++) t[j] = r == i ? sum[r][j] : t[j];
			}
			ROLLED for (int j = 0; j < columns; j++) {
				int column = j / 4 * Tile::half + Tile::column() + j % 4;
				if (column >= e.columns) continue;
				int64_t at = (row0 + Tile::row(i)) * e.ld + column;
				float r = e.one(at, column, pick_of(t, j));
				if (w.in_memory) e.c[at] = r;
				if (w.on_chip) x[Tile::row(i) * Tile::pitch + column] = r;
			}
		}
	}
};

// take_rows copies rows of the first left factor to shared memory; rows that do not exist become zeros.
template <class Tile> DEVICE void take_rows(const matrix &a, int64_t row0, int terms, float *x) {
	int quads = (terms + 3) / 4;
	for (int v = threadIdx.x; v < Tile::rows * quads; v += Tile::threads) {
		int row = v / quads, k = v % quads * 4;
		float4 q = make_float4(0, 0, 0, 0);
		if (row0 + row < a.rows) q = four_of(a.p + (row0 + row) * a.ld + k, terms - k, a.vector);
		*(float4 *)&x[row * Tile::pitch + k] = q;
	}
}

// multiply_rows computes one product. Narrow and wide panels use the same memory.
template <class Tile, int HALVES> DEVICE void multiply_rows(const gemm &p, int64_t row0, wanted w, float *x, void *panels) {
	chain_sums<Tile, HALVES> s;
	s.multiply(x, *(part_panel<Tile, HALVES>(*)[2])panels, p.b(), (int)p.v.dim(GEMM_K));
	s.finish(p.end(), row0, w, x);
}

template <class Tile> DEVICE void run_rows(const chain &c, int64_t iteration, int64_t row0) {
	__shared__ left_factors<Tile> left;
	__shared__ part_panel<Tile, 2> panels[2];
	quotient place = place_of(c.product[0], iteration);
	ROLLED for (int i = 0; i < c.products; i++) {
		view v = view_of(c.product[i], iteration, place.whole, place.rest < c.product[0].segments);
		gemm p(v, 0);
		if (i == 0) take_rows<Tile>(p.a(), row0, (int)v.dim(GEMM_K), left.x);
		wanted w = {(c.stored >> i & 1) != 0, i < c.products - 1};
		if (p.columns > Tile::half) multiply_rows<Tile, 2>(p, row0, w, left.x, panels);
		else multiply_rows<Tile, 1>(p, row0, w, left.x, panels);
	}
}

template <class Tile> __global__ void __launch_bounds__(Tile::threads, Tile::resident) run_chain(const __grid_constant__ chain c) {
	const launch &l = c.product[0];
	note_begun(l.mark, l.number);
	for (int64_t u = blockIdx.y; u < l.units; u += gridDim.y)
		for (int64_t t = blockIdx.x; t < l.tasks; t += gridDim.x) run_rows<Tile>(c, l.first + u, t * Tile::rows);
}

int64_t blocks_of_rows(const chain &c, int rows) { return ceil_div(c.product[0].d.dim[GEMM_M], rows); }

// cut makes blocks of Tile::rows rows.
template <class Tile> chain cut(chain c) {
	c.product[0].tasks = blocks_of_rows(c, Tile::rows);
	return c;
}

template <class Tile> int32_t enqueue_rows(const chain &all, void *stream) {
	chain c = cut<Tile>(all);
	dim3 grid = grid_of(c.product[0], false);
#ifdef GMEL_EMULATE
	(void)stream;
	return emulate(grid, Tile::threads, true, [&] { run_chain<Tile>(c); });
#else
	run_chain<Tile><<<grid, Tile::threads, 0, (cudaStream_t)stream>>>(c);
	return cudaPeekAtLastError();
#endif
}

template <class Tile> gmel_cuda_shape shape_of_rows(const chain &c) {
	return shape_of(cut<Tile>(c).product[0], typeid(Tile).name(), Tile::threads, false);
}

// Many rows use tiles of 64, which read the right factors half as often; fewer rows use smaller tiles, so that no
// multiprocessor is idle.
typedef rows_tile<64, 256, 8, 2> large;
typedef rows_tile<32, 128, 16, 3> small;
bool many(const chain &c) { return blocks_of_rows(c, large::rows) * c.product[0].units >= 2 * MULTIPROCESSORS; }

} // namespace

int32_t chain_enqueue(const chain &c, void *stream) {
	return many(c) ? enqueue_rows<large>(c, stream) : enqueue_rows<small>(c, stream);
}

gmel_cuda_shape chain_shape(const chain &c) { return many(c) ? shape_of_rows<large>(c) : shape_of_rows<small>(c); }
