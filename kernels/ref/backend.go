package ref

import (
	"fmt"

	"github.com/gmel-go/gmel/kernels"
)

func init() { kernels.Register("ref", driver{}) }

type driver struct{}

func (driver) Open(o kernels.Options) (kernels.Backend, error) {
	if err := o.ProcessorOnly("ref"); err != nil {
		return nil, err
	}
	if o.ISA != "" && o.ISA != "go" {
		return nil, fmt.Errorf("ref: no instruction set %q; there is: go", o.ISA)
	}
	return backend{}, nil
}

func (driver) Info() kernels.Info {
	return kernels.Info{Name: "ref", Device: "plain Go, one thread", ISA: "go", ISAs: []string{"go"}, Threads: 1}
}

type backend struct{}

func (backend) Name() string { return "ref" }
func (backend) Sync() error  { return nil }
func (backend) Close() error { return nil }

func (backend) Compile(p *kernels.Program) (kernels.Executable, error) {
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("ref: %w", err)
	}
	return &executable{p}, nil
}

func (backend) Alloc(n int) (kernels.Buffer, error) {
	if n < 0 {
		return nil, fmt.Errorf("ref: cannot allocate %d floats", n)
	}
	return &buffer{make([]float32, n)}, nil
}

type executable struct{ program *kernels.Program }

func (e *executable) Close() error { return nil }

func (e *executable) Run(b kernels.Buffer, n int) error {
	mem, ok := b.(*buffer)
	if !ok {
		return fmt.Errorf("ref: the arena of program %q is a %T, not a buffer of this backend", e.program.Name, b)
	}
	for range n {
		if err := Run(e.program, mem.data); err != nil {
			return err
		}
	}
	return nil
}

type buffer struct{ data []float32 }

func (b *buffer) Len() int     { return len(b.data) }
func (b *buffer) Close() error { b.data = nil; return nil }

func (b *buffer) Upload(offset int, src []float32) error {
	if offset < 0 || offset+len(src) > len(b.data) {
		return fmt.Errorf("ref: upload of [%d, %d) into a buffer of %d floats", offset, offset+len(src), len(b.data))
	}
	copy(b.data[offset:], src)
	return nil
}

func (b *buffer) Download(dst []float32, offset int) error {
	if offset < 0 || offset+len(dst) > len(b.data) {
		return fmt.Errorf("ref: download of [%d, %d) from a buffer of %d floats", offset, offset+len(dst), len(b.data))
	}
	copy(dst, b.data[offset:])
	return nil
}
