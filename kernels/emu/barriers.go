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

// barrier is a __syncthreads in the sources that has been used, and how often.
type barrier struct {
	name string // file:line
	uses int64
}

// barriers lists those that have been used so far. Numbers stay; new ones come behind.
func barriers() []barrier {
	all := make([]barrier, C.gmel_emu_sites())
	for i := range all {
		all[i] = barrier{C.GoString(C.gmel_emu_site(C.int(i))), int64(C.gmel_emu_site_uses(C.int(i)))}
	}
	return all
}

// leaveOut makes kernels run over a barrier as if it were not there; -1: over none.
func leaveOut(number int) { C.gmel_emu_leave_out(C.int(number)) }
