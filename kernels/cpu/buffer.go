//go:build cgo

package cpu

/*
#include <stdlib.h>
#include "interpreter.h"
*/
import "C"

import (
	"fmt"
	"unsafe"

	"github.com/gmel-go/gmel/kernels"
)

// buffer is arena memory of C; data is a view of it.
type buffer struct{ data []float32 }

func (b *backend) Alloc(n int) (kernels.Buffer, error) {
	if n < 0 {
		return nil, fmt.Errorf("cpu: cannot allocate %d floats", n)
	}
	p := C.gmel_arena_new(C.int64_t(n))
	if p == nil {
		return nil, fmt.Errorf("cpu: out of memory: %d MiB for an arena", n>>18)
	}
	return &buffer{unsafe.Slice((*float32)(p), n)[:n:n]}, nil
}

func (b *buffer) Len() int { return len(b.data) }

func (b *buffer) Upload(offset int, src []float32) error {
	if err := b.check("upload to", offset, len(src)); err != nil {
		return err
	}
	copy(b.data[offset:], src)
	return nil
}

func (b *buffer) Download(dst []float32, offset int) error {
	if err := b.check("download from", offset, len(dst)); err != nil {
		return err
	}
	copy(dst, b.data[offset:])
	return nil
}

func (b *buffer) check(what string, offset, n int) error {
	if offset < 0 || offset+n > len(b.data) {
		return fmt.Errorf("cpu: %s [%d, %d) of a buffer of %d floats", what, offset, offset+n, len(b.data))
	}
	return nil
}

func (b *buffer) Close() error {
	C.free(unsafe.Pointer(unsafe.SliceData(b.data)))
	b.data = nil
	return nil
}
