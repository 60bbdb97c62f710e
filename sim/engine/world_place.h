// Where IEDs are: place.go.
#ifndef GMEL_WORLD_PLACE_H
#define GMEL_WORLD_PLACE_H

#include "world_view.h"

// world_quantile is quantile of place.go.
WORLD_OPTION float world_quantile(float q) {
	float tail = world_max(0.5f - world_max(q, -q), 0x1p-25f);
	if (tail >= 0.075f) {
		float r = 0.180625f - q * q;
		float top = ((59.109374720f * r + 159.29113202f) * r + 50.434271938f) * r + 3.3871327179f;
		float under = ((67.187563600f * r + 78.757757664f) * r + 17.895169469f) * r + 1;
		return q * top / under;
	}
	float r = WORLD_SQRT(-(world_log2(tail) * WORLD_LN2)) - 1.6f;
	float top = ((0.17023821103f * r + 1.3067284816f) * r + 2.7568153900f) * r + 1.4234372777f;
	float z = top / ((0.12021132975f * r + 0.73700164250f) * r + 1);
	return q < 0 ? -z : z;
}

// world_inner is inner of place.go.
WORLD_FN float world_inner(uint32_t u) { return (float)(int32_t)(u >> 9 << 1 | 1) * 0x1p-24f; }

// world_spot_axis is draw of place.go: a coordinate around a hot spot.
WORLD_OPTION float world_spot_axis(float at, float spread, float lo, float span, uint32_t u, float side) {
	float q = lo + world_inner(u) * span;
	float x = at + spread * world_quantile(q);
	return world_min(world_max(x, 0), side);
}

// world_locate is locate of place.go for the place (*x, *y) of the i-th IED.
WORLD_OPTION void world_locate(const world *w, const world_moment *at, int32_t i, uint32_t stream, float *x, float *y) {
	const world_params *p = w->p;
	const world_tables *t = &w->table;
	if (!p->place_rows && !p->hot_spots) return;
	if (p->own_rows && stream == STREAM_SPOT) {
		*x = t->row_x[i], *y = t->row_y[i];
		return;
	}
	uint32_t c[4] = {at->world, (uint32_t)i, at->slot, at->episode << 8 | stream};
	world_philox(at->key, c);
	if (p->place_rows) {
		uint32_t row = (uint32_t)((uint64_t)c[0] * (uint32_t)p->place_rows >> 32);
		*x = t->row_x[row], *y = t->row_y[row];
		return;
	}
	int32_t k = 0;
	while (k < p->hot_spots && !(world_uniform(c[0]) < t->spot_up_to[k])) k++;
	if (k == p->hot_spots) return;
	*x = world_spot_axis(t->spot_x[k], t->spot_spread[k], t->spot_lo_x[k], t->spot_span_x[k], c[1], p->width);
	*y = world_spot_axis(t->spot_y[k], t->spot_spread[k], t->spot_lo_y[k], t->spot_span_y[k], c[2], p->depth);
}

#endif
