// Package launch is what the backends gpu and emu, which share their C code, hand to it: a kernels.Program
// with an order of launches, in the layout of C.
package launch

import (
	"runtime"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/chain"
)

// Program is gmel_cuda_program of gmel_cuda.h, field by field; World is gmel_cuda_world, which is a type of
// each package that uses cgo. Package emu does not compile where a field lies elsewhere than in C.
type Program[World any] struct {
	Descs     *kernels.Desc
	Moves     *kernels.Step
	InOrder   *uint8
	Count     int64
	Local     int64
	Precision int32
	Order     *int64
	Marks     *uint8
	Worlds    *World
	Mark      *uint64
	Number    uint32
}

// Schedule is the order of launches of p in a precision, an index into kernels.Precisions; nil where every op is
// launched by itself: there are chains in fp32 only, and somebody may want each op alone.
func Schedule(p *kernels.Program, precision int, alone bool) *chain.Schedule {
	if alone || kernels.Precisions()[precision] != kernels.FP32 {
		return nil
	}
	return chain.Of(p)
}

// Of lays out p, or the Program of its schedule s if there is one, with its environments on the device by number,
// nil for none. C may read it until pin is released.
func Of[World any](pin *runtime.Pinner, p *kernels.Program, s *chain.Schedule, precision int, worlds []World) *Program[World] {
	if s == nil {
		s = &chain.Schedule{Program: p}
	}
	p = s.Program
	c := &Program[World]{
		Descs: pinned(pin, p.Descs), Moves: pinned(pin, p.Steps), Count: int64(len(p.Descs)), Local: p.Local, Precision: int32(precision),
		Order: pinned(pin, s.Order), Marks: pinned(pin, s.Marks), Worlds: pinned(pin, worlds),
	}
	if len(p.Steps) > 0 {
		c.InOrder = pinned(pin, p.InOrder())
	}
	return c
}

// pinned is where a slice begins, which stays there while C has it; nil for an empty one.
func pinned[T any](pin *runtime.Pinner, s []T) *T {
	if len(s) == 0 {
		return nil
	}
	pin.Pin(&s[0])
	return &s[0]
}
