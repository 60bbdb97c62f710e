//go:build cgo

package cpu

// With GCC the C dialect c11, unlike gnu11, never contracts a*b+c to a fused multiply-add;
// template_begin.h forbids it to clang.

/*
#cgo CFLAGS: -std=c11 -O2 -Wall
#cgo emulate512 CFLAGS: -DGMEL_EMULATE_AVX512 -Wno-psabi
#cgo LDFLAGS: -lm -lpthread
#include <stdlib.h>
#include "interpreter.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/gmel-go/gmel/kernels"
)

func init() { kernels.Register("cpu", driver{}) }

const maxThreads = 1024

type backend struct {
	pool    *C.gmel_pool
	isa     *C.isa
	threads int
	profile bool
}

// Open starts a backend with its own pool of threads.
func (driver) Open(o kernels.Options) (kernels.Backend, error) {
	if err := o.ProcessorOnly("cpu"); err != nil {
		return nil, err
	}
	isa, err := chooseISA(o.ISA)
	if err != nil {
		return nil, err
	}
	if o.Threads < 0 || o.Threads > maxThreads {
		return nil, fmt.Errorf("cpu: threads is %d, allowed are 1 to %d, or 0 for all cores", o.Threads, maxThreads)
	}
	if o.Threads == 0 {
		o.Threads = defaultThreads()
	}
	pool := C.gmel_pool_new(C.int(o.Threads))
	if pool == nil {
		return nil, fmt.Errorf("cpu: cannot start %d threads", o.Threads)
	}
	return &backend{pool, isa, o.Threads, o.Profile}, nil
}

func (b *backend) Name() string { return "cpu" }

// Sync has nothing to wait for: Run returns when the Program is done.
func (b *backend) Sync() error { return nil }

// Close joins the threads of the pool.
func (b *backend) Close() error {
	C.gmel_pool_free(b.pool)
	b.pool = nil
	return nil
}

func (b *backend) Compile(p *kernels.Program) (kernels.Executable, error) {
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("cpu: %w", err)
	}
	descs := (*C.desc)(unsafe.Pointer(unsafe.SliceData(p.Descs)))
	n := C.int64_t(len(p.Descs))
	if op := kernels.Op(C.gmel_missing(descs, n, b.isa)); op != kernels.OpNone {
		return nil, fmt.Errorf("cpu: program %q: there is no %s for %s", p.Name, op, C.GoString(b.isa.name))
	}
	envs := connect(p.Environments)
	plan := newPlan(p, b.isa, b.threads, envs)
	if plan == nil {
		envs.close()
		return nil, fmt.Errorf("cpu: program %q: out of memory for scratch", p.Name)
	}
	e := &executable{b, plan, p.Name, p.Arena, envs}
	if !b.profile {
		return e, nil
	}
	if C.gmel_plan_measure(plan) == 0 {
		return nil, errors.Join(fmt.Errorf("cpu: program %q: out of memory for the profile", p.Name), e.Close())
	}
	return &profiled{e, len(p.Descs)}, nil
}

// newPlan hands the Program to C, which copies it; nil when out of memory.
func newPlan(p *kernels.Program, isa *C.isa, threads int, envs environments) *C.gmel_plan {
	var pin runtime.Pinner
	defer pin.Unpin()
	c := C.gmel_program{count: C.int64_t(len(p.Descs)), local: C.int64_t(p.Local)}
	if len(p.Descs) > 0 {
		pin.Pin(&p.Descs[0])
		c.descs = (*C.desc)(unsafe.Pointer(&p.Descs[0]))
	}
	if len(p.Steps) > 0 {
		pin.Pin(&p.Steps[0])
		c.moves = (*C.desc_step)(unsafe.Pointer(&p.Steps[0]))
	}
	if native := envs.native(); len(native) > 0 {
		pin.Pin(&native[0])
		c.environments, c.environment_count = &native[0], C.int64_t(len(native))
	}
	return C.gmel_plan_new(&c, isa, C.int(threads))
}

type executable struct {
	backend *backend
	plan    *C.gmel_plan
	name    string
	arena   int64
	envs    environments
}

func (e *executable) Run(buf kernels.Buffer, n int) error {
	b, ok := buf.(*buffer)
	switch {
	case !ok:
		return fmt.Errorf("cpu: the arena of program %q is a %T, not a buffer of this backend", e.name, buf)
	case e.plan == nil || b.data == nil || e.backend.pool == nil:
		return errors.New("cpu: Run after Close")
	case int64(len(b.data)) < e.arena:
		return fmt.Errorf("cpu: program %q needs an arena of %d floats, got %d", e.name, e.arena, len(b.data))
	}
	if err := e.envs.ready(); err != nil {
		return fmt.Errorf("cpu: program %q: %w", e.name, err)
	}
	if failed := C.gmel_run(e.backend.pool, e.plan, (*C.float)(unsafe.SliceData(b.data)), C.int64_t(n)); failed > 0 {
		return fmt.Errorf("cpu: program %q: %w", e.name, e.envs[failed-1].fault())
	}
	return nil
}

func (e *executable) Close() error {
	C.gmel_plan_free(e.plan)
	e.plan = nil
	e.envs.close()
	e.envs = nil
	return nil
}

// profiled is an executable that measures its ops.
type profiled struct {
	*executable
	ops int
}

func (e *profiled) Profile() kernels.Profile {
	seconds := make([]float64, e.ops+1) // never empty
	var runs C.int64_t
	if e.plan != nil { // after Close there is nothing to read
		runs = C.gmel_plan_profile(e.plan, (*C.double)(unsafe.SliceData(seconds)))
	}
	return kernels.Profile{Runs: int64(runs), Threads: e.backend.threads, Seconds: seconds[:e.ops]}
}
