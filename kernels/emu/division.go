//go:build emu

package emu

// #include <stdint.h>
// int64_t gmel_emu_divide(int64_t n, int64_t d, int64_t *rest);
import "C"

// divide is n / d and n % d as kernels compute them, by the reciprocal of d.
func divide(n, d int64) (whole, rest int64) {
	var r C.int64_t
	q := C.gmel_emu_divide(C.int64_t(n), C.int64_t(d), &r)
	return int64(q), int64(r)
}
