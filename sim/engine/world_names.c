// The lists of fields.h as data, for Go.
#include <stddef.h>

#include "world.h"

enum { OPTION, ALWAYS };

#define END {NULL, NULL, 0, 0, 0}

#define SCALAR(type, name) {#name, #type, offsetof(world_params, name), 1, ALWAYS},
#define SCALARS(type, name, count) {#name, #type, offsetof(world_params, name), count, ALWAYS},
static const world_name scalars[] = {WORLD_SCALARS(SCALAR, SCALARS) END};

#define TABLE(type, name) {#name, #type, offsetof(world_params, table[WORLD_TABLE_AT_##name]), 1, ALWAYS},
static const world_name tables[] = {WORLD_TABLES(TABLE) END};

#define STATE(type, name, need) {#name, #type, offsetof(world_params, state[WORLD_STATE_AT_##name]), 1, need},
static const world_name state[] = {WORLD_STATE(STATE) END};

#define OUTCOME(type, name, need, none) {#name, #type, offsetof(world_params, outcome[WORLD_OUTCOME_AT_##name]), 1, need},
static const world_name outcomes[] = {WORLD_OUTCOMES(OUTCOME) END};

const world_name *const world_scalar_names = scalars, *const world_table_names = tables;
const world_name *const world_state_names = state, *const world_outcome_names = outcomes;
