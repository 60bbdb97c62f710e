//go:build emu || ptx

package emu

import (
	"fmt"
	"unsafe"

	"github.com/gmel-go/gmel/kernels"
)

// Alloc returns host memory in place of device memory.
func (*backend) Alloc(n int) (kernels.Buffer, error) {
	if n < 0 {
		return nil, fmt.Errorf(name+": cannot allocate %d floats", n)
	}
	return &buffer{alignedFloats(n)}, nil
}

// alignedFloats returns n zeros that are aligned to 256 bytes, as on a device: kernels move four floats at once.
func alignedFloats(n int) []float32 {
	const align = 256 / 4
	room := make([]float32, n+align)
	skip := (align - int(uintptr(unsafe.Pointer(unsafe.SliceData(room)))/4%align)) % align
	return room[skip : skip+n : skip+n]
}

type buffer struct{ data []float32 }

func (b *buffer) Len() int     { return len(b.data) }
func (b *buffer) Close() error { b.data = nil; return nil }

func (b *buffer) Upload(offset int, src []float32) error {
	if offset < 0 || offset+len(src) > len(b.data) {
		return fmt.Errorf(name+": upload of [%d, %d) into a buffer of %d floats", offset, offset+len(src), len(b.data))
	}
	copy(b.data[offset:], src)
	return nil
}

func (b *buffer) Download(dst []float32, offset int) error {
	if offset < 0 || offset+len(dst) > len(b.data) {
		return fmt.Errorf(name+": download of [%d, %d) from a buffer of %d floats", offset, offset+len(dst), len(b.data))
	}
	copy(dst, b.data[offset:])
	return nil
}
