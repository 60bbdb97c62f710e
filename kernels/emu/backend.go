//go:build emu || ptx

package emu

/*
#include "../gpu/cuda/gmel_cuda.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"unsafe"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/chain"
	"github.com/gmel-go/gmel/kernels/copies"
	"github.com/gmel-go/gmel/kernels/launch"
	"github.com/gmel-go/gmel/kernels/moments"
)

func init() { kernels.Register(name, driver{}) }

type driver struct{ alone bool } // see backend

func (d driver) Info() kernels.Info {
	i := kernels.Info{Name: name, Device: device, ISA: isas[0], ISAs: isas, Threads: 1}
	if d.alone {
		i.ISAs = isas[len(isas)-1:] // groups run the same code in every order
	}
	return i
}

func (d driver) Open(o kernels.Options) (kernels.Backend, error) {
	precision, err := o.PrecisionIndex(name)
	if err != nil {
		return nil, err
	}
	o.Precision = "" // ProcessorOnly would refuse it
	if err := o.ProcessorOnly(name); err != nil {
		return nil, err
	}
	isa := slices.Index(isas, o.ISA)
	if o.ISA == "" {
		isa = 0
	}
	if isa < 0 {
		return nil, fmt.Errorf(name+": there is no %q; there is: %v", o.ISA, isas)
	}
	return &backend{alone: d.alone, isa: isa, precision: precision, residents: kernels.Residents{Allocate: allocateState}}, nil
}

type backend struct {
	executor
	isa       int // index into isas
	precision int // index into kernels.Precisions
	residents kernels.Residents
	alone     bool  // run every op in separate launches
	least     int64 // bytes that a launch of copies has to save; 0, so that small Programs have copies
}

func (*backend) Name() string   { return name }
func (*backend) Sync() error    { return nil }
func (b *backend) Close() error { return b.residents.Close() }

func (b *backend) Compile(p *kernels.Program) (kernels.Executable, error) {
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf(name+": %w", err)
	}
	descs := (*C.desc)(unsafe.Pointer(unsafe.SliceData(p.Descs)))
	if op := kernels.Op(C.gmel_cuda_missing(descs, C.int64_t(len(p.Descs)))); op != kernels.OpNone {
		return nil, fmt.Errorf(name+": program %q: there is no kernel for %s", p.Name, op)
	}
	residents, err := b.residents.Acquire(p)
	if err != nil {
		return nil, fmt.Errorf(name+": program %q: %w", p.Name, err)
	}
	e := &executable{backend: b, program: p, residents: residents}
	var pin runtime.Pinner
	defer pin.Unpin()
	if err := e.prepare(b.layout(&pin, p, worlds(residents, &e.memory))); err != nil {
		return nil, errors.Join(fmt.Errorf(name+": program %q: %w", p.Name, err), b.residents.Release(residents))
	}
	return e, nil
}

// layout is the Program for C.
func (b *backend) layout(pin *runtime.Pinner, p *kernels.Program, worlds []C.gmel_cuda_world) *launch.Program[C.gmel_cuda_world] {
	return launch.Of(pin, p, launch.Schedule(p, b.precision, b.alone), b.precision, b.least, worlds)
}

// newPlan passes the Program to C, which copies it. All copies of factors that it asks for must have launches.
func newPlan(x *launch.Program[C.gmel_cuda_world]) (*C.gmel_cuda_plan, error) {
	plan := C.gmel_cuda_plan_new((*C.gmel_cuda_program)(unsafe.Pointer(x)))
	if plan == nil {
		return nil, errors.New("out of memory")
	}
	made := C.int64_t(0)
	for i := range C.gmel_cuda_plan_launches(plan) {
		if C.gmel_cuda_plan_shape(plan, i).casts != 0 {
			made += C.gmel_cuda_plan_ops(plan, i)
		}
	}
	if int64(made) != x.CastCount {
		C.gmel_cuda_plan_free(plan)
		return nil, fmt.Errorf("the launches make %d copies of factors, the products need %d", made, x.CastCount)
	}
	return plan, nil
}

// prepare makes the launches and their memory. In it, copies of factors come last.
func (e *executable) prepare(x *launch.Program[C.gmel_cuda_world]) (err error) {
	if e.plan, err = newPlan(x); err != nil {
		return err
	}
	n := int64(C.gmel_cuda_plan_scratch(e.plan))
	memory := alignedFloats(int(n) + 1)
	e.scratch, e.copies = e.memory.floats("scratch", memory), memory[n-x.Copies:n]
	return nil
}

// twoNaN is NaN, and so is each half of it in bf16.
var twoNaN = math.Float32frombits(0xffffffff)

// forgetCopies makes the copies of factors NaN, so that a product shows that reads one which this run has not made.
func (e *executable) forgetCopies() {
	for i := range e.copies {
		e.copies[i] = twoNaN
	}
}

// This compiles only if package chain and gmel_cuda.h have the same marks and limits.
var _ = [1]struct{}{}[(C.GMEL_ON_CHIP-chain.OnChip)|(C.GMEL_UNREAD-chain.Unread)|(C.GMEL_BY_ROWS-chain.ByRows)|(C.GMEL_BESIDE-chain.Beside)|
	(C.GMEL_CHAIN_WIDEST-chain.Widest)|(C.GMEL_CHAIN_LONGEST-chain.Longest)]

// The same for the copies of products, and for the layout of a cast.
var _ = [1]struct{}{}[(C.GMEL_COPY_LEFT-copies.LeftCopy)|(C.GMEL_COPY_RIGHT-copies.RightCopy)|(C.GMEL_COPY_RESULT-copies.ResultCopy)|
	int(unsafe.Sizeof(copies.Cast{})^unsafe.Sizeof(C.gmel_cuda_cast{}))|int(unsafe.Offsetof(copies.Cast{}.Reader)^unsafe.Offsetof(C.gmel_cuda_cast{}.reader))|
	int(unsafe.Offsetof(copies.Cast{}.From)^unsafe.Offsetof(C.gmel_cuda_cast{}.from))|int(unsafe.Offsetof(copies.Cast{}.Lines)^unsafe.Offsetof(C.gmel_cuda_cast{}.lines))|
	int(unsafe.Offsetof(copies.Cast{}.Width)^unsafe.Offsetof(C.gmel_cuda_cast{}.width))|int(unsafe.Offsetof(copies.Cast{}.Pitch)^unsafe.Offsetof(C.gmel_cuda_cast{}.pitch))|
	int(unsafe.Offsetof(copies.Cast{}.To)^unsafe.Offsetof(C.gmel_cuda_cast{}.to))]

// The same for the moments of convolutions.
var _ = [1]struct{}{}[(C.GMEL_MOMENTS-moments.Place)|(C.GMEL_STRIP_ROWS-moments.StripRows)|(C.GMEL_STRIP_CHANNELS-moments.StripChannels)|
	(C.GMEL_MOST_CHANNELS-moments.MostChannels)]

// So are the fields of launch.Program where those of gmel_cuda_program are.
var (
	inGo launch.Program[C.gmel_cuda_world]
	inC  C.gmel_cuda_program

	_ = [1]struct{}{}[(unsafe.Sizeof(inGo)^unsafe.Sizeof(inC))|
		(unsafe.Offsetof(inGo.Descs)^unsafe.Offsetof(inC.descs))|(unsafe.Offsetof(inGo.Moves)^unsafe.Offsetof(inC.moves))|
		(unsafe.Offsetof(inGo.InOrder)^unsafe.Offsetof(inC.in_order))|(unsafe.Offsetof(inGo.Count)^unsafe.Offsetof(inC.count))|
		(unsafe.Offsetof(inGo.Local)^unsafe.Offsetof(inC.local))|(unsafe.Offsetof(inGo.Precision)^unsafe.Offsetof(inC.precision))|
		(unsafe.Offsetof(inGo.Order)^unsafe.Offsetof(inC.order))|(unsafe.Offsetof(inGo.Marks)^unsafe.Offsetof(inC.marks))|
		(unsafe.Offsetof(inGo.Rows)^unsafe.Offsetof(inC.rows))|
		(unsafe.Offsetof(inGo.Casts)^unsafe.Offsetof(inC.casts))|(unsafe.Offsetof(inGo.CastCount)^unsafe.Offsetof(inC.cast_count))|
		(unsafe.Offsetof(inGo.Copies)^unsafe.Offsetof(inC.copies))|(unsafe.Offsetof(inGo.Worlds)^unsafe.Offsetof(inC.worlds))|(unsafe.Offsetof(inGo.Mark)^unsafe.Offsetof(inC.mark))|
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
	memory    memory              // of the device, as far as the program may access it
	scratch   *C.float
	copies    []float32 // the part of scratch for copies of factors, on the host
}

func (e *executable) Run(b kernels.Buffer, n int) error {
	mem, ok := b.(*buffer)
	switch {
	case !ok:
		return fmt.Errorf(name+": the arena of program %q is a %T, not a buffer of this backend", e.program.Name, b)
	case e.plan == nil || mem.data == nil:
		return errors.New(name + ": Run after Close")
	case int64(len(mem.data)) < e.program.Arena:
		return fmt.Errorf(name+": program %q needs an arena of %d floats, got %d", e.program.Name, e.program.Arena, len(mem.data))
	}
	for _, g := range e.residents {
		if g == nil {
			continue
		}
		if err := g.ToDevice(); err != nil {
			return fmt.Errorf(name+": program %q: %w", e.program.Name, err)
		}
	}
	at := e.memory.floats("arena", mem.data)
	for range n {
		if err := e.runOnce(mem.data, at); err != nil {
			return fmt.Errorf(name+": program %q: %w", e.program.Name, err)
		}
	}
	return nil
}

// runOnce runs the program on an arena, which the device has at an address.
func (e *executable) runOnce(arena []float32, at *C.float) error {
	e.forgetCopies()
	for i := range C.gmel_cuda_plan_launches(e.plan) {
		if C.gmel_cuda_plan_on_host(e.plan, i) != 0 {
			d := &e.program.Descs[C.gmel_cuda_plan_op(e.plan, i, 0)]
			if err := e.program.Environments[d.Dim[kernels.StepEnvironment]].Play(slot(d, arena)); err != nil {
				return err
			}
			continue
		}
		if err := e.launch(i, at); err != nil {
			return err
		}
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
