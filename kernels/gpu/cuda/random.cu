#include "functions.cuh"
#include "philox.cuh"
#include "float4_io.cuh"
#include "scalars.cuh"

// draws makes a kernel of a struct that converts the four words of a Philox block to four elements:
//
//	static const int counter, out;                                                         // arguments
//	static DEVICE int64_t first(const view &v);                                            // block
//	static DEVICE void draw(const view &v, const uint32_t (&w)[4], float (&y)[4]);
//	static DEVICE float value(const view &v, int64_t i, float drawn);                      // of element i
//
// A thread has one block.
template <class Each> struct draws {
	static const int phases = 1, threads = THREADS;
	static const bool syncs = false, loops = true;
	static int64_t tasks(const desc &d, int phase) { return element_tasks(d, phase); }
	static int64_t shared(const desc &d) { return no_shared(d); }
	static DEVICE void run(const view &v, int, int64_t task) {
		static_assert(ELEMENTS == 4 * THREADS, "a thread has four elements");
		int64_t i = task * ELEMENTS + 4 * (int64_t)threadIdx.x, n = smaller(4, v.dim(0) - i);
		if (n <= 0) return;
		uint32_t w[4];
		float y[4], *out = v.arg(Each::out) + i;
		philox_of(*v.d, v.arg(Each::counter)).block((uint32_t)(Each::first(v) + i / 4), w);
		Each::draw(v, w, y);
		UNROLL for (int l = 0; l < 4; l++)
			if (l < n) y[l] = Each::value(v, i + l, y[l]);
		if (n == 4 && aligned(out)) return put(v, out, y);
		UNROLL for (int l = 0; l < 4; l++)
			if (l < n) v.put(out + l, y[l]);
	}
};

// y[n] = floor(u bound), below bound
struct rand_int {
	static const int counter = 1, out = 2;
	static DEVICE int64_t first(const view &) { return 0; }
	static DEVICE void draw(const view &v, const uint32_t (&w)[4], float (&y)[4]) {
		float bound = *v.arg(0);
		UNROLL for (int l = 0; l < 4; l++) {
			y[l] = floorf(uniform_of(w[l]) * bound);
			if (y[l] >= bound) y[l] = bound - 1;
		}
	}
	static DEVICE float value(const view &, int64_t, float drawn) { return drawn; }
};

// y[n] = lo + (hi - lo) u
struct uniforms {
	static const int counter = 0, out = 1;
	static DEVICE int64_t first(const view &) { return 0; }
	static DEVICE void draw(const view &v, const uint32_t (&w)[4], float (&y)[4]) {
		float lo = v.scalar(0), span = v.scalar(1) - lo;
		UNROLL for (int l = 0; l < 4; l++) y[l] = lo + span * uniform_of(w[l]);
	}
	static DEVICE float value(const view &, int64_t, float drawn) { return drawn; }
};

// y[n] = mean + std z: Box-Muller from pairs of words, cosine first, then sine.
struct normals {
	static const int counter = 0, out = 1;
	static DEVICE int64_t first(const view &) { return 0; }
	static DEVICE void draw(const view &v, const uint32_t (&w)[4], float (&y)[4]) {
		float mean = v.scalar(0), std = v.scalar(1), sine, cosine;
		UNROLL for (int l = 0; l < 4; l += 2) {
			float radius = sqrtf(-2 * log_of(uniform_open(w[l])));
			sin_cos_turns(uniform_of(w[l + 1]), &sine, &cosine);
			y[l] = mean + std * (radius * cosine);
			y[l + 1] = mean + std * (radius * sine);
		}
	}
	static DEVICE float value(const view &, int64_t, float drawn) { return drawn; }
};

// y[n] = u < p ? 0 : x (1 / (1-p)); NaN is dropped too if u < p.
struct dropout {
	static const int counter = 1, out = 2;
	static DEVICE int64_t first(const view &v) { return v.dim(1); }
	static DEVICE void draw(const view &, const uint32_t (&w)[4], float (&y)[4]) {
		UNROLL for (int l = 0; l < 4; l++) y[l] = uniform_of(w[l]);
	}
	static DEVICE float value(const view &v, int64_t i, float u) {
		float p = v.scalar(0), keep = 1 / (1 - p);
		return u >= p ? v.arg(0)[i] * keep : 0;
	}
};

const kernel *random_kernel(const desc &d) {
	switch (d.op) {
	case OP_RAND_INT: return kernel_of<draws<rand_int>>();
	case OP_UNIFORM: return kernel_of<draws<uniforms>>();
	case OP_NORMAL: return kernel_of<draws<normals>>();
	case OP_DROPOUT: return kernel_of<draws<dropout>>();
	case OP_COUNT: return kernel_of<scalarwise<count_draws>>();
	}
	return NULL;
}
