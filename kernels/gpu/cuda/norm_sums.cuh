// Sums over the rows of a few channels by a block of threads, for normalisations.
#ifndef GMEL_NORM_SUMS_CUH
#define GMEL_NORM_SUMS_CUH

#include "device.cuh"

// NORM_TILE is the most channels at a time, NORM_STAGE numbers of rows in shared memory, NORM_UNDER_WAY numbers that a thread loads at once.
enum { NORM_THREADS = 256, NORM_TILE = 128, NORM_STAGE = 17 * NORM_THREADS, NORM_UNDER_WAY = 8 };

// each_row calls load(i, x) for the rows from, from + step, ... before `to`, and then use(i, x) with K numbers of each. Several rows
// are loaded before the first is used: the compiler could not do that by itself, since what is used may be stored.
template <int K, class Load, class Use> DEVICE void each_row(int from, int to, int step, Load load, Use use) {
	const int batch = NORM_UNDER_WAY / K;
	ROLLED for (int i = from; i < to; i += batch * step) {
		float x[batch][K];
		UNROLL for (int l = 0; l < batch; l++)
			if (i + l * step < to) load(i + l * step, x[l]);
		UNROLL for (int l = 0; l < batch; l++)
			if (i + l * step < to) use(i + l * step, x[l]);
	}
}

// ordered_sums adds terms of n <= NORM_TILE channels over p rows, in shared memory: `sums` sums of K numbers each, in ascending
// rows inside chunks, then the chunks. All threads compute the numbers of rows; then a thread for each sum, chunk and channel
// adds them. Chunks are a row more apart than they have rows, so that neighbouring threads read different banks.
template <int K, int sums> struct ordered_sums {
	float stage[K][NORM_STAGE], part[NORM_THREADS], totals[sums][NORM_TILE];

	// load fills the stage with rows [first, first + rows) of `chunks` chunks, as far as they exist. numbers(i, x) computes those
	// of row i of channel threadIdx.x % n.
	template <class Numbers> DEVICE void load(int p, int n, int first, int rows, int chunks, Numbers numbers) {
		const int batch = NORM_UNDER_WAY / K;
		int down = NORM_THREADS / n, slot = threadIdx.x / n, j = threadIdx.x % n;
		if (slot >= down) return;
		ROLLED for (int r = slot, c = 0; r < rows;) { // the rows of the thread, of each the chunks
			float x[batch][K];
			int to[batch];
			UNROLL for (int l = 0; l < batch; l++) {
				int i = first + c * CHUNK_ROWS + r;
				to[l] = r < rows && i < p ? (c * (rows + 1) + r) * n + j : -1;
				if (to[l] >= 0) numbers(i, x[l]);
				if (++c == chunks) c = 0, r += down;
			}
			UNROLL for (int l = 0; l < batch; l++)
				UNROLL for (int k = 0; k < K; k++)
					if (to[l] >= 0) stage[k][to[l]] = x[l][k];
		}
	}
	// add sets totals. channel(j) returns the numbers of channel j, and fold(k, s, x, y) adds a term with one number, x,
	// or two to sum k. There is a barrier between the call and the first write to totals, and one after the last.
	template <class Channel, class Fold> DEVICE void add(int p, int n, Channel channel, Fold fold) {
		int chunks = p <= CHUNK_ROWS ? 1 : (p - 1) / CHUNK_ROWS + 1;
		int at_once = (int)smaller(chunks, NORM_THREADS / (n * sums)), chains = at_once * n;
		int sum = threadIdx.x / chains, chunk = threadIdx.x % chains / n, j = threadIdx.x % n;
		int most = (int)smaller(CHUNK_ROWS, p), rows = (int)smaller(most, NORM_STAGE / chains - 1);
		auto numbers = channel(j);
		float total = 0;
		for (int from = 0; from < chunks; from += at_once) {
			float s = 0;
			int there = (int)smaller(at_once, chunks - from);
			for (int row = 0; row < most; row += rows) {
				int now = (int)smaller(rows, most - row);
				load(p, n, from * CHUNK_ROWS + row, now, there, numbers);
				__syncthreads();
				int mine = sum < sums && chunk < there ? (int)smaller(now, p - (from + chunk) * CHUNK_ROWS - row) : 0;
				const float *x = stage[0] + chunk * (now + 1) * n + j;
				UNROLL_8 for (int r = 0; r < mine; r++) s = fold(sum, s, x[r * n], x[(K - 1) * NORM_STAGE + r * n]);
				__syncthreads();
			}
			part[threadIdx.x] = s;
			__syncthreads();
			if ((int)threadIdx.x >= n * sums) continue;
			const float *parts = part + threadIdx.x / n * chains + j; // of a sum and a channel
			for (int q = 0; q < there; q++) total = from + q == 0 ? parts[0] : total + parts[q * n];
		}
		if ((int)threadIdx.x < n * sums) totals[threadIdx.x / n][j] = total;
		__syncthreads();
	}
};

// free_sums adds the same sums, where bits are free (tf32, bf16): each thread adds the rows that it reads, so no row passes
// through shared memory. The order depends on the shape only.
template <int K, int sums> struct free_sums {
	float part[sums][NORM_THREADS], totals[sums][NORM_TILE];

	template <class Channel, class Fold> DEVICE void add(int p, int n, Channel channel, Fold fold) {
		int down = NORM_THREADS / n, slot = threadIdx.x / n, j = threadIdx.x % n, which = threadIdx.x / n;
		auto numbers = channel(j);
		float s[sums] = {}, total = 0;
		if (slot < down)
			each_row<K>(slot, p, down, numbers, [&](int, const float *x) {
				UNROLL for (int k = 0; k < sums; k++) s[k] = fold(k, s[k], x[0], x[K - 1]);
			});
		UNROLL for (int k = 0; k < sums; k++) part[k][threadIdx.x] = s[k];
		__syncthreads();
		if (which < sums) {
			UNROLL_8 for (int q = 0; q < down; q++) total += part[which][q * n + j];
			totals[which][j] = total;
		}
		__syncthreads();
	}
};

#endif
