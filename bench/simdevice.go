package bench

import (
	"errors"
	"fmt"
	"time"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/sim"
)

// simOnDevice measures worlds that a device plays for a Program. First it measures only the step with
// observations, by the device's clock, then whole slots with random legal actions, many in one call.
func simOnDevice(o SimOptions, w *sim.Worlds) (rows []SimRow, err error) {
	for _, work := range []string{WorkStep, WorkPlay} {
		k := o.Kernels
		k.Profile = work == WorkStep
		row, err := simDeviceRow(o, k, w, work)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func simDeviceRow(o SimOptions, k kernels.Options, w *sim.Worlds, work string) (row SimRow, err error) {
	b, err := kernels.Open(o.Backend, k)
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	stream, ok := b.(kernels.Streamer)
	if !ok {
		return row, fmt.Errorf("bench: the backend %s plays no worlds on a device; allowed: gpu, or cpu for the engines of the worlds", b.Name())
	}
	s, err := OpenSlots(b, w, false)
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	stay := kernels.ResidencyOf(b, w.Native())
	if !stay.Device {
		return row, fmt.Errorf("bench: the host plays these worlds: %s", stay.Why)
	}
	m, err := measure(s.timer(work == WorkPlay), o.Length)
	if err != nil {
		return row, err
	}
	row = simRow(w, work, 1, m, stream.Bandwidth())
	info, err := kernels.Describe(b.Name())
	row.Engine, row.Device, row.Memory = b.Name(), info.For(k).Device, stay.Bytes+s.bytes()
	return row, err
}

// timer measures whole slots, or only the step, by the backend's clock.
func (s *Slots) timer(whole bool) timer {
	return func(n int) (float64, error) {
		begin, before := time.Now(), 0.0
		if !whole {
			var err error
			if before, err = s.stepSeconds(); err != nil {
				return 0, err
			}
		}
		if err := errors.Join(s.Run(n), s.Sync()); err != nil {
			return 0, err
		}
		if whole {
			return time.Since(begin).Seconds(), nil
		}
		after, err := s.stepSeconds()
		return after - before, err
	}
}
