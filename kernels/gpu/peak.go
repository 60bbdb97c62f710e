//go:build gpu && !cpu

package gpu

// #include "cuda/gmel_cuda.h"
import "C"

import (
	"cmp"
	"errors"
	"unsafe"

	"gorgonia.org/cu"

	"github.com/gmel-go/gmel/kernels"
)

// Sizes of the two measurements: each takes a few milliseconds on a large GPU.
const (
	peakRounds = 4096
	copyFloats = 64 << 20 // 256 MiB, more than caches hold
	peakTries  = 5
)

// Peak implements kernels.Peaker; 0 where it cannot be measured.
func (b *backend) Peak() float64 {
	var n int64
	var flops float64
	err := b.do(func() error { // on the device's thread: both depend on the device
		n, flops = int64(C.gmel_cuda_peak_floats()), float64(C.gmel_cuda_peak_flops(peakRounds, C.int32_t(b.precision)))
		return nil
	})
	if err != nil {
		return 0
	}
	return rate(flops, b.fastest(n, func(at cu.DevicePtr) error {
		return checkCode(int32(C.gmel_cuda_peak(unsafe.Pointer(b.stream.C()), floats(at), peakRounds, C.int32_t(b.precision))))
	}))
}

// PeakOf implements kernels.Peaker. Products in tf32 and bf16 are compared with mma.sync, which the kernels use; on Hopper
// it reaches some 62 % of the rates in data sheets, which are those of wgmma.
func (b *backend) PeakOf() string {
	if name := cmp.Or(b.options.Precision, kernels.FP32); name != kernels.FP32 {
		return "mma.sync " + name
	}
	return "FMA"
}

// Bandwidth implements kernels.Streamer: a copy of 256 MiB to another place in the device's memory, 512 MiB read and written. It is
// 0 where it cannot be measured.
func (b *backend) Bandwidth() float64 {
	seconds := b.fastest(2*copyFloats, func(at cu.DevicePtr) error {
		from := at + copyFloats*floatBytes
		return checkCode(int32(C.gmel_cuda_copy(unsafe.Pointer(b.stream.C()), floats(at), floats(from), copyFloats)))
	})
	return rate(2*copyFloats*floatBytes, seconds)
}

func rate(work, seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	return work / seconds
}

// fastest runs a kernel a few times on n floats and returns its least time; 0 where it fails, which
// Sync reports if the device is at fault.
func (b *backend) fastest(n int64, kernel func(at cu.DevicePtr) error) (seconds float64) {
	err := b.do(func() error {
		at, err := b.allocate(n)
		if err != nil {
			return err
		}
		seconds, err = b.times(at, kernel)
		return errors.Join(err, cu.MemFree(at))
	})
	if err != nil {
		return 0
	}
	return seconds
}

func (b *backend) times(at cu.DevicePtr, kernel func(at cu.DevicePtr) error) (least float64, err error) {
	begin, err := cu.MakeEvent(cu.DefaultEvent)
	if err != nil {
		return 0, err
	}
	end, err := cu.MakeEvent(cu.DefaultEvent)
	if err != nil {
		return 0, errors.Join(err, cu.DestroyEvent(&begin))
	}
	for try := range peakTries {
		err := errors.Join(begin.Record(b.stream), kernel(at), end.Record(b.stream), b.wait())
		ms, timed := begin.Elapsed(end)
		if err = errors.Join(err, timed); err != nil {
			return 0, errors.Join(err, cu.DestroyEvent(&begin), cu.DestroyEvent(&end))
		}
		if s := ms / 1e3; try == 0 || s < least {
			least = s
		}
	}
	return least, errors.Join(cu.DestroyEvent(&begin), cu.DestroyEvent(&end))
}
