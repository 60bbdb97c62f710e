//go:build cgo && asan

package cpu

/*
#include <stdatomic.h>
#include <stddef.h>
#include <sanitizer/asan_interface.h>

// Declared in sanitizer/allocator_interface.h, which not every compiler brings.
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t), void (*on_free)(const volatile void *));

static atomic_long allocations;
static void on_malloc(const volatile void *p, size_t n) { atomic_fetch_add(&allocations, 1); }
static void on_free(const volatile void *p) {}
static int count_allocations(void) { return __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free); }
static long allocation_count(void) { return atomic_load(&allocations); }
*/
import "C"

import "unsafe"

func init() {
	if C.count_allocations() == 0 {
		panic("cpu: AddressSanitizer does not report allocations")
	}
}

// Allocations is the number of allocations in C so far.
func (b *buffer) Allocations() int { return int(C.allocation_count()) }

// Guard makes AddressSanitizer report every access of C to the floats [from, to). The conformance
// suite uses it for the floats between two arguments. The last float of the range is left out if it
// is the first half of 8 aligned bytes, which the sanitizer cannot guard alone.
func (b *buffer) Guard(from, to int) {
	C.__asan_poison_memory_region(unsafe.Pointer(&b.data[from]), C.size_t(4*(to-from)))
}

// Unguard allows all accesses again.
func (b *buffer) Unguard() {
	C.__asan_unpoison_memory_region(unsafe.Pointer(unsafe.SliceData(b.data)), C.size_t(4*len(b.data)))
}
