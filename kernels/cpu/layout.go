//go:build cgo

package cpu

/*
#include <stddef.h>
#include "program.h"

static const int64_t offsets[] = {
	sizeof(desc), offsetof(desc, op), offsetof(desc, fn), offsetof(desc, bin), offsetof(desc, flags), offsetof(desc, seed),
	offsetof(desc, stream), offsetof(desc, arg), offsetof(desc, dim), offsetof(desc, scalar),
	sizeof(desc_step), offsetof(desc_step, iteration), offsetof(desc_step, segment), offsetof(desc_step, sum),
};
static int64_t offset(int i) { return offsets[i]; }

#define NAMED_OP(code, name, ...) {#name, OP_##name},
#define NAMED_FN(name) {#name, FN_##name},
#define NAMED_BIN(name) {#name, BIN_##name},
#define NAMED_NUMBER(name, value) {#name, name},

typedef struct { const char *name; int64_t value; } named;

static const named ops[] = {GMEL_OPS(NAMED_OP) {"END", OP_END}, {0}};
static const named fns[] = {GMEL_FNS(NAMED_FN) {"END", FN_END}, {0}};
static const named bins[] = {GMEL_BINS(NAMED_BIN) {"END", BIN_END}, {0}};
static const named numbers[] = {
	GMEL_NUMBERS(NAMED_NUMBER) {"LOCAL_BASE", LOCAL_BASE}, {"MASKED_LOG_PROB", (int64_t)MASKED_LOG_PROB},
	{"GOES_ON", GOES_ON}, {"TERMINATED", TERMINATED}, {"TRUNCATED", TRUNCATED}, {0},
};
static const named *lists[] = {ops, fns, bins, numbers};
static named number(int list, int i) { return lists[list][i]; }

#define NAMED_TENSOR(code, name) #name,
static const char *slot_tensors[] = {SLOT_TENSORS(NAMED_TENSOR)};
static const char *slot_tensor(int i) { return slot_tensors[i]; }
*/
import "C"

// The C side of the contract; a test compares it with Go.

// cOffsets are the first n of the sizes and offsets above.
func cOffsets(n int) []int64 {
	var v []int64
	for i := range n {
		v = append(v, int64(C.offset(C.int(i))))
	}
	return v
}

// The lists of names.
const (
	cOps = iota
	cFns
	cBins
	cNumbers
)

// cNames are the values of a list by their names in C.
func cNames(list int) map[string]int64 {
	all := map[string]int64{}
	for i := 0; ; i++ {
		n := C.number(C.int(list), C.int(i))
		if n.name == nil {
			return all
		}
		all[C.GoString(n.name)] = int64(n.value)
	}
}

// cSlot are the names of the tensors of a slot.
func cSlot() (names []string) {
	for i := range C.int(C.SLOT_END) {
		names = append(names, C.GoString(C.slot_tensor(i)))
	}
	return names
}
