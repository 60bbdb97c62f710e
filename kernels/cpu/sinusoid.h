// OpSinusoid: angles in turns, in double precision.
#ifndef GMEL_SINUSOID_H
#define GMEL_SINUSOID_H

// Scratch: the frequencies of all columns in turns.
static int64_t sinusoid_local(const desc *d) { return 2 * d->dim[1]; }

static void sinusoid_run(const worker *w, const desc *d, int phase, int64_t task) {
	int64_t half = d->dim[1];
	double *frequency = (double *)w->local, ratio = (double)d->scalar[0] + (double)d->scalar[1], f = 0.15915494309189533577;
	for (int64_t i = 0; i < half; i++, f *= ratio) frequency[i] = f;
	range r = row_range(d, task);
	for (int64_t b = r.from; b < r.to; b++) {
		double t = argument(w, d, 0)[b];
		float *y = argument(w, d, 1) + 2 * b * half;
		for (int64_t j = 0; j < half; j += VL) {
			float turns[VL] = {0};
			for (int64_t l = 0; l < minimum(VL, half - j); l++) {
				double turn = t * frequency[j + l];
				turns[l] = (float)(turn - floor(turn));
			}
			vec sine, cosine;
			sin_cos_turns(load(turns), &sine, &cosine);
			store_part(y + j, sine, half - j);
			store_part(y + half + j, cosine, half - j);
		}
	}
}

#endif
