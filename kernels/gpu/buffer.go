//go:build gpu && !cpu

package gpu

import (
	"fmt"

	"gorgonia.org/cu"

	"github.com/gmel-go/gmel/kernels"
)

// buffer is arena memory of a device.
type buffer struct {
	backend *backend
	at      cu.DevicePtr // 0 after Close
	n       int
}

func (b *backend) Alloc(n int) (kernels.Buffer, error) {
	if n < 0 {
		return nil, fmt.Errorf("gpu: cannot allocate %d floats", n)
	}
	m := &buffer{backend: b, n: n}
	err := b.do(func() (err error) {
		m.at, err = b.allocate(int64(n))
		if err != nil {
			err = b.tooLittle("the arena", int64(n), "the replay, the minibatch or the width of the networks", err)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

func (m *buffer) Len() int { return m.n }

// Upload returns when src may be reused; the copy may reach the device later.
func (m *buffer) Upload(offset int, src []float32) error {
	if err := m.check("upload to", offset, len(src)); err != nil {
		return err
	}
	return m.backend.do(func() error { return m.backend.toDevice(m.place(offset), src) })
}

// Download waits for all work started before. Like Sync, it returns the error of an illegal action.
func (m *buffer) Download(dst []float32, offset int) error {
	if err := m.check("download from", offset, len(dst)); err != nil {
		return err
	}
	if err := m.backend.residents.Refused(); err != nil {
		return err
	}
	return m.backend.do(func() error { return m.backend.toHost(dst, m.place(offset)) })
}

func (m *buffer) place(offset int) cu.DevicePtr { return m.at + cu.DevicePtr(offset*floatBytes) }

func (m *buffer) check(what string, offset, n int) error {
	if m.at == 0 {
		return fmt.Errorf("gpu: %s a closed buffer", what)
	}
	if offset < 0 || offset+n > m.n {
		return fmt.Errorf("gpu: %s [%d, %d) of a buffer of %d floats", what, offset, offset+n, m.n)
	}
	return nil
}

// Close waits for the device, which may still use the memory.
func (m *buffer) Close() error {
	if m.at == 0 {
		return nil
	}
	at := m.at
	m.at = 0
	return m.backend.release(func() error { return cu.MemFree(at) })
}
