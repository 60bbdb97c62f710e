// The slot step in C: what step.go, slot.go, server.go, topology.go, number.go and observe.go of package sim
// specify, and the files of the options, with the same bits. The Go code says what and why; this says how fast.
//
// Plain code that compiles as C99 and C++, no intrinsics: compilers for the host turn the
// loops over lanes into vectors, a compiler for a GPU can give each lane to a thread.
#ifndef GMEL_WORLD_H
#define GMEL_WORLD_H

#include "fields.h"

enum {
	WORLD_LANES = 16, // loops run over blocks of this many
	WORLD_TILE = 128  // IEDs between two looks at memory that has left the first cache
};

// One instruction set. Worlds [lo, hi) are stepped or reset, or obs, mask and servers of their state are made anew from the rest of it; outcomes is NULL where they are
// not recorded; scratch belongs to one thread at a time and has world_scratch_words words.
typedef struct {
	const char *name;
	void (*step)(const world_params *p, const uint32_t *tables, uint32_t *state, uint32_t *outcomes, const int32_t *actions,
	             uint32_t *scratch, int32_t lo, int32_t hi);
	void (*reset)(const world_params *p, const uint32_t *tables, uint32_t *state, uint32_t *scratch, int32_t lo, int32_t hi);
	void (*show)(const world_params *p, const uint32_t *tables, uint32_t *state, uint32_t *scratch, int32_t lo, int32_t hi);
	void (*functions)(int32_t which, int32_t n, const float *x, float *y);
} world_isa;

// world_choose returns the instruction set of that name, NULL if this processor lacks it.
const world_isa *world_choose(const char *name);

// world_scratch_words is the working memory of one thread.
int64_t world_scratch_words(const world_params *p);

// world_specialised is 1 where observations have the shape WORLD_COMMON_SHAPE (world_element.h).
int32_t world_specialised(const world_params *p);

// world_illegal returns the first of the agents [lo, hi) of all worlds whose action its mask forbids, -1 if there is none; actions [W, A].
int64_t world_illegal(const world_params *p, const uint32_t *state, const int32_t *actions, int64_t lo, int64_t hi);

// A scalar, a table or an array by its name.
typedef struct {
	const char *name, *type;
	int64_t offset;  // in world_params: of the scalar, or of the place
	int32_t count;   // of a scalar's numbers
	int32_t always;  // 0: an array that may be absent
} world_name;

// The lists of fields.h; a name of NULL ends each.
extern const world_name *const world_scalar_names, *const world_table_names, *const world_state_names, *const world_outcome_names;

#endif
