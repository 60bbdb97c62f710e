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

int64_t world_illegal(const int32_t *actions, const int32_t *model, int64_t n, int32_t actions_count) {
	enum { BLOCK = 1024 };
	for (int64_t lo = 0; lo < n; lo += BLOCK) {
		int64_t hi = lo + BLOCK < n ? lo + BLOCK : n;
		int32_t bad = 0;
		for (int64_t j = lo; j < hi; j++) bad |= (actions[j] < 0) | (actions[j] >= actions_count) | ((actions[j] > 0) & (model[j] < 0));
		for (int64_t j = lo; bad && j < hi; j++)
			if (actions[j] < 0 || actions[j] >= actions_count || (actions[j] > 0 && model[j] < 0)) return j;
	}
	return -1;
}
