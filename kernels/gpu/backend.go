//go:build gpu && !cpu

package gpu

import (
	"errors"
	"fmt"

	"gorgonia.org/cu"

	"github.com/gmel-go/gmel/kernels"
)

// backend is a device with one stream. Only its thread accesses its fields, except for those that
// Open sets.
type backend struct {
	name      string // of the device
	device    cu.Device
	options   kernels.Options
	precision int  // index into kernels.Precisions
	alone     bool // run every op in separate launches; set by a benchmark
	longest   int  // nodes of a sequence's graph at most; less in a test

	residents kernels.Residents // environments on the device

	thread *thread // nil after Close
	stream cu.Stream
	ring   ring
	mark   *mark
	fault  error // permanent
}

// Open opens a device.
func (d driver) Open(o kernels.Options) (kernels.Backend, error) {
	if err := d.Probe(); err != nil {
		return nil, err
	}
	precision, err := o.PrecisionIndex("gpu")
	if err != nil {
		return nil, err
	}
	b := &backend{options: o, precision: precision, longest: longestSequence}
	b.residents.Allocate = b.allocateState
	i, err := choose(o.Device)
	if err != nil {
		return nil, err
	}
	b.name, b.thread = deviceName(i), newThread()
	if err := b.thread.do(func() error { return b.open(i) }); err != nil {
		b.thread.close()
		return nil, fmt.Errorf("gpu: %s: %w", b.name, err)
	}
	return b, nil
}

// open makes the context current on the thread. It is the primary context of the device, which the
// CUDA runtime that launches the kernels also uses.
func (b *backend) open(i int) (err error) {
	if b.device, err = cu.GetDevice(i); err != nil {
		return err
	}
	isa, err := isaOf(b.device)
	if err != nil {
		return err
	}
	if b.options.ISA != "" && b.options.ISA != isa {
		return fmt.Errorf("no instruction set %q; there is: %s", b.options.ISA, isa)
	}
	context, err := b.device.RetainPrimaryCtx()
	if err != nil {
		return err
	}
	if err = cu.SetCurrentContext(context); err == nil {
		if err = b.equip(); err != nil {
			err = errors.Join(err, b.strip()) // the context stays alive if another backend uses it
		}
	}
	if err != nil {
		err = errors.Join(err, b.device.ReleasePrimaryCtx())
	}
	return err
}

// equip allocates the resources of copies and launches.
func (b *backend) equip() (err error) {
	if b.stream, err = cu.MakeStream(cu.NonBlocking); err != nil {
		return err
	}
	if b.ring.memory, err = newPinned(ringFloats); err != nil {
		return err
	}
	b.mark, err = newMark()
	return err
}

// strip frees the resources that equip has allocated, even if it has failed half way.
func (b *backend) strip() error {
	var err error
	if b.mark != nil {
		err = b.mark.memory.free()
	}
	err = errors.Join(err, b.ring.memory.free())
	if b.stream != cu.NoStream {
		err = errors.Join(err, b.stream.Destroy())
	}
	return err
}

func (b *backend) Name() string { return "gpu" }

var errClosed = errors.New("gpu: the backend is closed")

// do runs f on the thread of the device, unless the device has failed.
func (b *backend) do(f func() error) error {
	if b.thread == nil {
		return errClosed
	}
	return b.thread.do(func() error {
		if b.fault != nil {
			return b.fault
		}
		return f()
	})
}

// release waits for the device and calls free. After a fault or Close there is nothing to free: it
// was freed with the context.
func (b *backend) release(free func() error) error {
	if b.thread == nil {
		return nil
	}
	return b.thread.do(func() error {
		if b.fault != nil {
			return nil
		}
		if err := b.wait(); err != nil {
			return nil // Sync reports it
		}
		return free()
	})
}

// unlessFailed is err, or nil if the device has failed permanently: Sync and every call return that fault.
func (b *backend) unlessFailed(err error) error {
	if b.thread == nil || b.do(func() error { return nil }) != nil {
		return nil
	}
	return err
}

// Sync waits for the device. It returns the error of an illegal action in an environment. Afterwards
// the device can be used, but the slots played since that action are invalid.
func (b *backend) Sync() error {
	if err := b.residents.Refused(); err != nil {
		return err
	}
	return b.do(b.wait)
}

// Close releases the device.
func (b *backend) Close() error {
	if b.thread == nil {
		return nil
	}
	err := b.unlessFailed(b.residents.Close())
	err = errors.Join(err, b.release(b.strip))
	err = errors.Join(err, b.thread.do(func() error { return b.device.ReleasePrimaryCtx() }))
	b.thread.close()
	b.thread = nil
	return err
}
