//go:build gpu && !cpu

package gpu

import (
	"errors"
	"fmt"

	"gorgonia.org/cu"

	"github.com/gmel-go/gmel/kernels"
)

// backend is a device with one stream. Its fields are touched on its thread only, but for those
// that Open sets.
type backend struct {
	name      string // of the device
	device    cu.Device
	options   kernels.Options
	precision int  // index into kernels.Precisions
	alone     bool // every op in launches of its own; set by a benchmark

	guests kernels.Guests // environments on the device

	thread *thread // nil after Close
	stream cu.Stream
	ring   ring
	mark   *mark
	fault  error // for good
}

// Open takes a device.
func (d driver) Open(o kernels.Options) (kernels.Backend, error) {
	if err := d.Probe(); err != nil {
		return nil, err
	}
	precision, err := o.PrecisionIndex("gpu")
	if err != nil {
		return nil, err
	}
	b := &backend{options: o, precision: precision}
	b.guests.Rent = b.rent
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

// open makes the context current on the thread. It is the device's primary one, which the runtime
// that launches the kernels takes too.
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
			err = errors.Join(err, b.strip()) // the context lives on where another backend has it
		}
	}
	if err != nil {
		err = errors.Join(err, b.device.ReleasePrimaryCtx())
	}
	return err
}

// equip makes what copies and launches need.
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

// strip frees what equip has made, be it all or a part.
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

// do runs f on the device's thread, unless the device has failed.
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

// release waits for the device and frees something. After a fault or Close the context is dead and
// has freed everything.
func (b *backend) release(free func() error) error {
	if b.thread == nil {
		return nil
	}
	return b.thread.do(func() error {
		if b.fault != nil {
			return nil
		}
		if err := b.wait(); err != nil {
			return nil // it has been or will be reported by Sync
		}
		return free()
	})
}

// unlessFailed is err, nil where the device has failed for good: Sync and every call tell that.
func (b *backend) unlessFailed(err error) error {
	if b.thread == nil || b.do(func() error { return nil }) != nil {
		return nil
	}
	return err
}

// Sync waits for the device. An action of an environment that a kernel has refused is an error, after
// which the device can be used; what has been played since is void.
func (b *backend) Sync() error {
	if err := b.guests.Refused(); err != nil {
		return err
	}
	return b.do(b.wait)
}

// Close gives the device back.
func (b *backend) Close() error {
	if b.thread == nil {
		return nil
	}
	err := b.unlessFailed(b.guests.Close())
	err = errors.Join(err, b.release(b.strip))
	err = errors.Join(err, b.thread.do(func() error { return b.device.ReleasePrimaryCtx() }))
	b.thread.close()
	b.thread = nil
	return err
}
