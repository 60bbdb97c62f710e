//go:build gpu && !cpu

package gpu

import (
	"fmt"
	"math"
	"slices"

	"gorgonia.org/cu"

	"github.com/gmel-go/gmel/kernels"
)

// debugged runs the program and checks the results of every op.
func (e *executable) debugged(arena cu.DevicePtr) error {
	for _, s := range e.segments {
		if err := e.debug(s, arena); err != nil {
			return err
		}
		if err := e.play(s, arena); err != nil {
			return err
		}
		if s.step < 0 {
			continue
		}
		if err := e.checkFinite(s.step, arena); err != nil {
			return fmt.Errorf("gpu: %w", opError(e.program, s.step, err))
		}
	}
	return nil
}

// debug launches a segment, waits after every launch and checks the floats that each op has written.
func (e *executable) debug(s segment, arena cu.DevicePtr) error {
	for i := s.from; i < s.to; i++ {
		op := e.plan.ops[i][0] // every op has launches of its own
		err := e.plan.enqueue(i, e.backend.stream, arena, e.scratch)
		if err == nil {
			err = e.backend.stream.Synchronize()
		}
		if err != nil {
			return e.backend.fail(opError(e.program, op, err))
		}
		e.backend.ring.used = 0
		e.backend.mark.clear()
		if slices.ContainsFunc(e.plan.ops[i+1:], func(later []int) bool { return later[0] == op }) {
			continue // more phases or iterations of the op follow
		}
		if err := e.checkFinite(op, arena); err != nil {
			return fmt.Errorf("gpu: %w", opError(e.program, op, err))
		}
	}
	return nil
}

// checkFinite finds the first number that is not finite in the results of op. A fill with such a number
// is intended, so it passes.
func (e *executable) checkFinite(op int, arena cu.DevicePtr) error {
	d := &e.program.Descs[op]
	if d.Op == kernels.OpFill && !finite(d.Scalar[0]) {
		return nil
	}
	for _, r := range e.program.Results(op) {
		at := arena + cu.DevicePtr(r.At*floatBytes)
		if r.At >= kernels.LocalBase {
			at = e.scratch + cu.DevicePtr((r.Iteration*localSize(e.program)+r.At-kernels.LocalBase)*floatBytes)
		}
		x := make([]float32, r.Len)
		if err := e.backend.toHost(x, at); err != nil {
			return err
		}
		for i, v := range x {
			if !finite(v) {
				return fmt.Errorf("%s[%d] is %g", r.Name, i, v)
			}
		}
	}
	return nil
}

// localSize is the number of floats from the local memory of one iteration to the next, at the start of
// the scratch memory (cuda/plan.cu).
func localSize(p *kernels.Program) int64 { return (p.Local + 63) / 64 * 64 }

func finite(v float32) bool { return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) }
