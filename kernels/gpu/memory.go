//go:build gpu && !cpu

package gpu

// #include <cuda.h>
import "C"

import (
	"fmt"
	"unsafe"

	"gorgonia.org/cu"
)

const floatBytes = 4

// pinned is host memory that the device reads and writes directly.
type pinned []float32

func newPinned(n int) (pinned, error) {
	var at unsafe.Pointer
	if err := check(C.cuMemHostAlloc(&at, C.size_t(max(n, 1)*floatBytes), 0)); err != nil {
		return nil, fmt.Errorf("gpu: no pinned memory of %d MiB: %w", n*floatBytes>>20, err)
	}
	return unsafe.Slice((*float32)(at), max(n, 1)), nil
}

func (p pinned) free() error {
	if p == nil {
		return nil
	}
	return cu.MemFreeHost(unsafe.Pointer(unsafe.SliceData(p)))
}

// ring lends pinned memory to copies. Waiting for the stream frees all of it.
type ring struct {
	memory pinned
	used   int
}

// ringFloats is the length of the longest single copy: 16 MiB.
const ringFloats = 4 << 20

// take lends 1 to n floats, and waits for the device if none are left.
func (b *backend) take(n int) (pinned, error) {
	r := &b.ring
	if n = min(n, len(r.memory)); r.used+n > len(r.memory) {
		if err := b.wait(); err != nil {
			return nil, err
		}
	}
	part := r.memory[r.used : r.used+n]
	r.used += n
	return part, nil
}

// wait waits for all enqueued work.
func (b *backend) wait() error {
	if err := b.late(b.stream.Synchronize()); err != nil {
		return err
	}
	b.ring.used = 0
	return nil
}

// toDevice copies src to the device; it may return before the copy is done.
func (b *backend) toDevice(at cu.DevicePtr, src []float32) error {
	for len(src) > 0 {
		part, err := b.take(len(src))
		if err != nil {
			return err
		}
		copy(part, src)
		if err := cu.MemcpyHtoDAsync(at, unsafe.Pointer(&part[0]), int64(len(part)*floatBytes), b.stream); err != nil {
			return b.late(err)
		}
		at, src = at+cu.DevicePtr(len(part)*floatBytes), src[len(part):]
	}
	return nil
}

// toHost copies from the device, after all earlier work.
func (b *backend) toHost(dst []float32, at cu.DevicePtr) error {
	for len(dst) > 0 {
		part, err := b.take(len(dst))
		if err != nil {
			return err
		}
		if err := cu.MemcpyDtoHAsync(unsafe.Pointer(&part[0]), at, int64(len(part)*floatBytes), b.stream); err != nil {
			return b.late(err)
		}
		if err := b.wait(); err != nil {
			return err
		}
		copy(dst, part)
		at, dst = at+cu.DevicePtr(len(part)*floatBytes), dst[len(part):]
	}
	return nil
}

// allocate returns zeroed memory of the device, aligned to 256 bytes, for n floats.
func (b *backend) allocate(n int64) (cu.DevicePtr, error) {
	at, err := cu.MemAlloc(allocated(n))
	if err != nil {
		return 0, err
	}
	if err := cu.MemsetD32Async(at, 0, max(n, 1), b.stream); err != nil {
		return 0, b.late(err)
	}
	return at, nil
}

// allocated is the number of bytes that allocate uses for n floats: the driver does not allocate empty memory.
func allocated(n int64) int64 { return max(n, 1) * floatBytes }

// FreeMemory implements kernels.Limited.
func (b *backend) FreeMemory() (bytes int64) {
	_ = b.do(func() (err error) { // 0 if the driver does not report it
		bytes, _, err = cu.MemInfo()
		return err
	})
	return bytes
}

// tooLittle is the error of a failed allocation: how much memory is needed, how much is free and which settings to lower.
func (b *backend) tooLittle(what string, floats int64, setting string, err error) error {
	if !isOutOfMemory(err) {
		return fmt.Errorf("gpu: %s: %s: %w", b.name, what, err)
	}
	have := ""
	if free, total, err := cu.MemInfo(); err == nil {
		have = fmt.Sprintf(", %s of %s are free", gibibytes(free), gibibytes(total))
	}
	return fmt.Errorf("gpu: %s is out of memory: %s takes %s%s; lower %s", b.name, what, gibibytes(floats*floatBytes), have, setting)
}

func gibibytes(n int64) string { return fmt.Sprintf("%.2f GiB", float64(n)/(1<<30)) }
