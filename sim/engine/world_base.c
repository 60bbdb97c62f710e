// The step for the instructions that every processor of the architecture has (SSE2, NEON), and
// the choice between instruction sets.
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#else
#pragma GCC optimize("O3,no-math-errno,no-trapping-math")
#endif

#define WORLD_ISA gmel_world_base
#define WORLD_ISA_NAME "base"
#include "world_isa.h"

#if defined(__x86_64__)
extern const world_isa gmel_world_avx2, gmel_world_avx512;
#endif

const world_isa *world_choose(const char *name) {
	if (!strcmp(name, "base")) return &gmel_world_base;
#if defined(__x86_64__)
	__builtin_cpu_init();
	int avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
	             __builtin_cpu_supports("avx512bw");
	if (!strcmp(name, "avx2") && __builtin_cpu_supports("avx2")) return &gmel_world_avx2;
	if (!strcmp(name, "avx512") && avx512) return &gmel_world_avx512;
#endif
	return NULL;
}

int64_t world_scratch_words(const world_params *p) {
	world w;
	return world_carve(&w, p, NULL) - (uint32_t *)NULL + 16; // the beginning is moved to a cache line
}

int32_t world_specialised(const world_params *p) { return world_has_common_shape(p); }

// is_illegal tells whether the mask of agent n forbids an action.
static int32_t is_illegal(const world_params *p, const uint32_t *state, int64_t n, int32_t action) {
	const float *mask = (const float *)(state + p->state[WORLD_STATE_AT_mask]);
	return action < 0 || action >= p->actions || mask[n * p->actions + action] == 0;
}

int64_t world_illegal(const world_params *p, const uint32_t *state, const int32_t *actions, int64_t lo, int64_t hi) {
	enum { BLOCK = 1024 };
	const int32_t *model = (const int32_t *)(state + p->state[WORLD_STATE_AT_model]), count = p->actions;
	for (int64_t end; lo < hi; lo = end) {
		end = lo + BLOCK < hi ? lo + BLOCK : hi;
		int32_t bad = p->coverage || p->levels;
		for (int64_t j = lo; j < end; j++) bad |= (actions[j] < 0) | (actions[j] >= count) | ((actions[j] > 0) & (model[j] < 0));
		for (int64_t j = lo; bad && j < end; j++)
			if (is_illegal(p, state, j, actions[j])) return j;
	}
	return -1;
}
