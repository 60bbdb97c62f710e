// How an ES serves its queue: one task after the other (world_server.h), or by another discipline (world_sharing.h).
#ifndef GMEL_WORLD_DISCIPLINE_H
#define GMEL_WORLD_DISCIPLINE_H

#include "world_sharing.h"

// world_serve_es serves n tasks of ES m in the order of keys.
WORLD_FN void world_serve_es(world *w, const world_slice *s, int32_t m, uint64_t *keys, int32_t n) {
	if (w->p->sharing)
		world_share(w, s, m, keys, n);
	else if (w->p->batch_max)
		world_serve_batches(w, s, m, keys, n);
	else
		for (int32_t k = 0; k < n; k++) world_serve(w, s, world_task_of(keys[k]));
}

#endif
