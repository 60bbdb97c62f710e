//go:build emu

package emu

/*
#include <stdint.h>
int gmel_emu_sites(void);
const char *gmel_emu_site(int number);
int64_t gmel_emu_site_uses(int number);
void gmel_emu_leave_out(int number);
*/
import "C"

// Barrier is a __syncthreads in the sources that has been used, and the number of uses.
type Barrier struct {
	Name string // file:line
	Uses int64
}

// Barriers lists the barriers used so far. Their numbers do not change; new ones are appended.
func Barriers() []Barrier {
	all := make([]Barrier, C.gmel_emu_sites())
	for i := range all {
		all[i] = Barrier{C.GoString(C.gmel_emu_site(C.int(i))), int64(C.gmel_emu_site_uses(C.int(i)))}
	}
	return all
}

// LeaveOut makes kernels skip a barrier, so that a test can show that it is needed; -1: none.
func LeaveOut(number int) { C.gmel_emu_leave_out(C.int(number)) }
