//go:build gpu && !cpu

package gpu

import (
	"time"
	"unsafe"

	"gorgonia.org/cu"

	"github.com/gmel-go/gmel/kernels"
)

// step is an OpStep that no kernel plays: actions come from the device, the environment is played on the host, and what
// it says goes to the device. Nothing else is on its way meanwhile.
type step struct {
	env    kernels.Environment
	slot   kernels.Slot
	parts  [][]float32 // of memory, one for each argument
	places []int64     // of the arguments in the arena
	memory pinned

	seconds float64 // at play, for profiles
}

func newStep(p *kernels.Program, op int) (*step, error) {
	d := &p.Descs[op]
	spec, _ := kernels.SpecOf(d.Op)
	s := &step{env: p.Environments[d.Dim[kernels.StepEnvironment]]}
	total := 0
	for i, a := range spec.Args {
		total += int(a.Len(d))
		s.places = append(s.places, d.Arg[i])
	}
	var err error
	if s.memory, err = newPinned(total); err != nil {
		return nil, err
	}
	rest := s.memory
	for _, a := range spec.Args {
		n := int(a.Len(d))
		s.parts = append(s.parts, rest[:n:n])
		rest = rest[n:]
	}
	s.slot = kernels.SlotOf(func(i int) []float32 { return s.parts[i] })
	return s, nil
}

func (s *step) play(b *backend, arena cu.DevicePtr) error {
	if err := s.copy(b, arena, 0, true); err != nil {
		return err
	}
	if err := b.wait(); err != nil {
		return err
	}
	begin := time.Now()
	if err := s.env.Play(s.slot); err != nil {
		return err
	}
	s.seconds += time.Since(begin).Seconds()
	// The next wait, before the next play, is the end of these copies.
	for i := 1; i < len(s.parts); i++ {
		if err := s.copy(b, arena, i, false); err != nil {
			return err
		}
	}
	return nil
}

// copy moves argument i between the arena and the host.
func (s *step) copy(b *backend, arena cu.DevicePtr, i int, toHost bool) error {
	part := s.parts[i]
	if len(part) == 0 {
		return nil
	}
	at, bytes := arena+cu.DevicePtr(s.places[i]*floatBytes), int64(len(part)*floatBytes)
	if toHost {
		return b.started(cu.MemcpyDtoHAsync(unsafe.Pointer(&part[0]), at, bytes, b.stream))
	}
	return b.started(cu.MemcpyHtoDAsync(at, unsafe.Pointer(&part[0]), bytes, b.stream))
}
