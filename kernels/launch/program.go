// Package launch converts a kernels.Program and its order of launches to the layout of C. The backends gpu and
// emu, which share their C code, use it.
package launch

import (
	"runtime"
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/chain"
	"github.com/gmel-go/gmel/kernels/copies"
	"github.com/gmel-go/gmel/kernels/moments"
)

// Program mirrors gmel_cuda_program of gmel_cuda.h, field by field. World is gmel_cuda_world, which is a
// different type in each package that uses cgo. Package emu does not compile if an offset differs from C.
type Program[World any] struct {
	Descs     *kernels.Desc
	Moves     *kernels.Step
	InOrder   *uint8
	Count     int64
	Local     int64
	Precision int32
	Order     *int64
	Marks     *uint8
	Rows      *int64
	Casts     *copies.Cast
	CastCount int64
	Copies    int64
	Worlds    *World
	Mark      *uint64
	Number    uint32
}

// Schedule returns the order of launches of p in a precision, an index into kernels.Precisions. Products share launches
// in fp32 only. The schedule is nil if alone is set: every op then has its own launches.
func Schedule(p *kernels.Program, precision int, alone bool) *chain.Schedule {
	if alone {
		return nil
	}
	s := chain.Plain(p)
	if kernels.Precisions()[precision] == kernels.FP32 {
		s = chain.Of(p)
	}
	s.Group()
	return s
}

// Of lays out p, or the Program of its schedule s if s is not nil, without the successor states that are unread; in bf16 with copies of
// factors, made by launches that save at least that many bytes, in tf32 and bf16 with moments of results. worlds holds its environments
// on the device by number, or is nil. C may read the result until pin is released.
func Of[World any](pin *runtime.Pinner, p *kernels.Program, s *chain.Schedule, precision int, least int64, worlds []World) *Program[World] {
	if s == nil {
		s = &chain.Schedule{Program: p}
	}
	p = s.Program
	rounded := copies.Plan{Program: p}
	if kernels.Precisions()[precision] == kernels.BF16 {
		rounded = *copies.Of(p, least)
	}
	if kernels.Precisions()[precision] != kernels.FP32 {
		told := moments.Of(rounded.Program, rounded.Floats)
		rounded.Program, rounded.Floats = told.Program, told.Floats
	}
	p = rounded.Program
	c := &Program[World]{
		Descs: pinned(pin, wanted(p)), Moves: pinned(pin, p.Steps), Count: int64(len(p.Descs)), Local: p.Local, Precision: int32(precision),
		Order: pinned(pin, s.Order), Marks: pinned(pin, s.Marks), Rows: pinned(pin, s.Rows), Worlds: pinned(pin, worlds),
		Casts: pinned(pin, rounded.Casts), CastCount: int64(len(rounded.Casts)), Copies: rounded.Floats,
	}
	if len(p.Steps) > 0 {
		c.InOrder = pinned(pin, p.InOrder())
	}
	return c
}

// wanted are the ops, of which steps have no place for successor states that are unread.
func wanted(p *kernels.Program) []kernels.Desc {
	if len(p.Unread) == 0 {
		return p.Descs
	}
	descs := slices.Clone(p.Descs)
	for _, u := range p.Unread {
		descs[u.Op].Arg[u.Arg] = kernels.Absent
	}
	return descs
}

// pinned pins a slice and returns the address of its first element, or nil if it is empty.
func pinned[T any](pin *runtime.Pinner, s []T) *T {
	if len(s) == 0 {
		return nil
	}
	pin.Pin(&s[0])
	return &s[0]
}
