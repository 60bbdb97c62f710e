// The worlds of package sim for other languages. Every function but gmel_free returns NULL, or a
// sentence that says what is wrong. Results go to the addresses that the caller gives. The caller
// frees sentences, texts and states with gmel_free. A handle is checked: one that is closed or of
// another process is an error. A forked child must not call the library of its parent, whose threads
// it does not have. It can load a copy of the file, open worlds there and give them the state of
// the parent's worlds, whose memory it has inherited (gmel_memory, gmel_adopt).
#ifndef GMEL_H
#define GMEL_H

#include <stdint.h>

// gmel_config says which worlds gmel_open makes.
typedef struct {
	const char *scenario; // a preset (paper, population:1000), the path of a YAML file, or YAML
	const char *engine;   // an engine of sim.Engines; NULL or empty: the fastest
	uint64_t seed;
	int64_t worlds;
	int64_t threads;
	int32_t record_tasks; // 1: keep what became of every task (arrays task_...)
	int32_t held_out;     // 1: play the part of an arrival trace that is held out for evaluation
	int32_t pictures;     // 1: keep what gmel_picture draws; steps are slower
} gmel_config;

typedef enum { GMEL_FLOAT32, GMEL_INT32, GMEL_BOOL } gmel_kind; // GMEL_BOOL: a byte, 0 or 1

enum { GMEL_MAX_RANK = 3 };

// gmel_array is an array that the worlds own. Its address is fixed until gmel_close; gmel_step,
// gmel_play and gmel_reset overwrite its content.
typedef struct {
	void *data;
	int32_t kind; // gmel_kind
	int32_t rank;
	int64_t shape[GMEL_MAX_RANK]; // the last index varies fastest
} gmel_array;

// gmel_span is memory of the state of worlds.
typedef struct {
	void *data;
	int64_t size; // bytes
} gmel_span;

#endif
