// The floor of products: nothing but independent fma on registers.
#ifndef GMEL_PEAK_H
#define GMEL_PEAK_H

enum { PEAK_CHAINS = 10 };

static float peak_run(int64_t iterations) {
	vec sum[PEAK_CHAINS], x = splat(0.999f), y = splat(0.001f);
	UNROLL for (int i = 0; i < PEAK_CHAINS; i++) sum[i] = splat((float)i);
	for (int64_t k = 0; k < iterations; k++)
		UNROLL for (int i = 0; i < PEAK_CHAINS; i++) sum[i] = multiply_add(sum[i], x, y);
	float total = 0;
	UNROLL for (int i = 0; i < PEAK_CHAINS; i++) total += sum[i][0];
	return total;
}

#endif
