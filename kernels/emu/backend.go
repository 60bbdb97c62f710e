//go:build emu

package emu

// Contraction is off as for nvcc (-fmad=false), by CGO_CXXFLAGS of make test-emu.

/*
#cgo CXXFLAGS: -std=c++17 -O2 -Wall
#include <stdlib.h>
#include <string.h>
#include "../gpu/cuda/gmel_cuda.h"
void gmel_emu_order(int order);
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"unsafe"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/chain"
	"github.com/gmel-go/gmel/kernels/launch"
)

func init() { kernels.Register("emu", driver{}) }

// orders of blocks and threads, indexed by the codes of emu.h.
var orders = []string{"forward", "backward", "shuffled"}

type driver struct{}

func (driver) Info() kernels.Info {
	return kernels.Info{Name: "emu", Device: "CUDA emulated on one thread", ISA: orders[0], ISAs: orders, Threads: 1}
}

func (driver) Open(o kernels.Options) (kernels.Backend, error) {
	precision, err := o.PrecisionIndex("emu")
	if err != nil {
		return nil, err
	}
	o.Precision = "" // ProcessorOnly would refuse it
	if err := o.ProcessorOnly("emu"); err != nil {
		return nil, err
	}
	order := slices.Index(orders, o.ISA)
	if o.ISA == "" {
		order = 0
	}
	if order < 0 {
		return nil, fmt.Errorf("emu: no order %q; there is: %v", o.ISA, orders)
	}
	return &backend{order: order, precision: precision, residents: kernels.Residents{Allocate: allocateState}}, nil
}

type backend struct {
	order     int
	precision int // index into kernels.Precisions
	residents kernels.Residents
	alone     bool // run every op in separate launches
}

func (*backend) Name() string   { return "emu" }
func (*backend) Sync() error    { return nil }
func (b *backend) Close() error { return b.residents.Close() }

func (b *backend) Compile(p *kernels.Program) (kernels.Executable, error) {
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("emu: %w", err)
	}
	descs := (*C.desc)(unsafe.Pointer(unsafe.SliceData(p.Descs)))
	if op := kernels.Op(C.gmel_cuda_missing(descs, C.int64_t(len(p.Descs)))); op != kernels.OpNone {
		return nil, fmt.Errorf("emu: program %q: there is no kernel for %s", p.Name, op)
	}
	residents, err := b.residents.Acquire(p)
	if err != nil {
		return nil, fmt.Errorf("emu: program %q: %w", p.Name, err)
	}
	e := &executable{backend: b, program: p, residents: residents, plan: b.newPlan(p, residents)}
	if e.plan == nil {
		return nil, errors.Join(fmt.Errorf("emu: program %q: out of memory", p.Name), b.residents.Release(residents))
	}
	e.scratch = make([]float32, C.gmel_cuda_plan_scratch(e.plan)+1)
	return e, nil
}

// newPlan passes the Program to C, which copies it.
func (b *backend) newPlan(p *kernels.Program, residents []*kernels.Resident) *C.gmel_cuda_plan {
	var pin runtime.Pinner
	defer pin.Unpin()
	x := launch.Of(&pin, p, launch.Schedule(p, b.precision, b.alone), b.precision, worlds(residents))
	return C.gmel_cuda_plan_new((*C.gmel_cuda_program)(unsafe.Pointer(x)))
}

// This compiles only if package chain and gmel_cuda.h have the same marks and limits.
var _ = [1]struct{}{}[(C.GMEL_ON_CHIP-chain.OnChip)|(C.GMEL_UNREAD-chain.Unread)|
	(C.GMEL_CHAIN_WIDEST-chain.Widest)|(C.GMEL_CHAIN_LONGEST-chain.Longest)]

// So are the fields of launch.Program where those of gmel_cuda_program are.
var (
	inGo launch.Program[C.gmel_cuda_world]
	inC  C.gmel_cuda_program

	_ = [1]struct{}{}[(unsafe.Sizeof(inGo)^unsafe.Sizeof(inC))|
		(unsafe.Offsetof(inGo.Descs)^unsafe.Offsetof(inC.descs))|(unsafe.Offsetof(inGo.Moves)^unsafe.Offsetof(inC.moves))|
		(unsafe.Offsetof(inGo.InOrder)^unsafe.Offsetof(inC.in_order))|(unsafe.Offsetof(inGo.Count)^unsafe.Offsetof(inC.count))|
		(unsafe.Offsetof(inGo.Local)^unsafe.Offsetof(inC.local))|(unsafe.Offsetof(inGo.Precision)^unsafe.Offsetof(inC.precision))|
		(unsafe.Offsetof(inGo.Order)^unsafe.Offsetof(inC.order))|(unsafe.Offsetof(inGo.Marks)^unsafe.Offsetof(inC.marks))|
		(unsafe.Offsetof(inGo.Worlds)^unsafe.Offsetof(inC.worlds))|(unsafe.Offsetof(inGo.Mark)^unsafe.Offsetof(inC.mark))|
		(unsafe.Offsetof(inGo.Number)^unsafe.Offsetof(inC.number))]
)

// launches is the number of ops of every launch.
func (e *executable) launches() (ops []int) {
	for i := range C.gmel_cuda_plan_launches(e.plan) {
		ops = append(ops, int(C.gmel_cuda_plan_ops(e.plan, i)))
	}
	return ops
}

type executable struct {
	backend   *backend
	program   *kernels.Program
	plan      *C.gmel_cuda_plan
	residents []*kernels.Resident // by number of the environment
	scratch   []float32
}

func (e *executable) Run(b kernels.Buffer, n int) error {
	mem, ok := b.(*buffer)
	switch {
	case !ok:
		return fmt.Errorf("emu: the arena of program %q is a %T, not a buffer of this backend", e.program.Name, b)
	case e.plan == nil || mem.data == nil:
		return errors.New("emu: Run after Close")
	case int64(len(mem.data)) < e.program.Arena:
		return fmt.Errorf("emu: program %q needs an arena of %d floats, got %d", e.program.Name, e.program.Arena, len(mem.data))
	}
	C.gmel_emu_order(C.int(e.backend.order))
	for _, g := range e.residents {
		if g == nil {
			continue
		}
		if err := g.ToDevice(); err != nil {
			return fmt.Errorf("emu: program %q: %w", e.program.Name, err)
		}
	}
	for range n {
		if err := e.runOnce(mem.data); err != nil {
			return fmt.Errorf("emu: program %q: %w", e.program.Name, err)
		}
	}
	return nil
}

func (e *executable) runOnce(arena []float32) error {
	for i := range C.gmel_cuda_plan_launches(e.plan) {
		if C.gmel_cuda_plan_on_host(e.plan, i) != 0 {
			d := &e.program.Descs[C.gmel_cuda_plan_op(e.plan, i)]
			if err := e.program.Environments[d.Dim[kernels.StepEnvironment]].Play(slot(d, arena)); err != nil {
				return err
			}
			continue
		}
		C.gmel_cuda_enqueue(e.plan, i, nil, (*C.float)(unsafe.SliceData(arena)), (*C.float)(unsafe.SliceData(e.scratch)))
	}
	return e.backend.residents.Refused()
}

// slot is what an OpStep names in the arena.
func slot(d *kernels.Desc, arena []float32) kernels.Slot {
	spec, _ := kernels.SpecOf(d.Op)
	return kernels.SlotOf(func(i int) []float32 { return arena[d.Arg[i]:][:spec.Args[i].Len(d)] })
}

func (e *executable) Close() error {
	if e.plan == nil {
		return nil
	}
	C.gmel_cuda_plan_free(e.plan)
	e.plan = nil
	return e.backend.residents.Release(e.residents)
}
