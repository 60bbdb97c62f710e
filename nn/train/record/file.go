// Package record writes the records of a training run: metrics as JSON lines and as TensorBoard events, and
// the learning curve as a picture. Every record contains its update. So a resumed run can first drop the
// records after its checkpoint, and ends with the same files.
package record

import (
	"errors"
	"fmt"
	"os"

	"github.com/gmel-go/gmel/internal/disk"
)

// Scalar is one named number of a record.
type Scalar struct {
	Name  string
	Value float64
}

// file is an append-only file. Nothing is buffered in the process, so a written record survives the process.
type file struct{ f *os.File }

// openFile opens or creates the file at path and cuts it to keep bytes.
func openFile(path string, keep int64) (*file, error) {
	f, err := disk.Append(path, keep)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	return &file{f}, nil
}

func (r *file) write(p []byte) error {
	_, err := r.f.Write(p)
	return r.explain(err)
}

// explain names the file in an error, and what a full disk has left.
func (r *file) explain(err error) error {
	if err = disk.Explain(r.f.Name(), 0, err); err == nil {
		return nil
	}
	if full := (*disk.FullError)(nil); errors.As(err, &full) {
		return fmt.Errorf("record: writing %s: %w", r.f.Name(), full)
	}
	return fmt.Errorf("record: %w", err)
}

// Sync makes all written records survive a power cut.
func (r *file) Sync() error {
	return r.explain(r.f.Sync())
}

// Close closes the file.
func (r *file) Close() error {
	return r.explain(r.f.Close())
}

// read returns the content of a regular file, or nothing if it does not exist or is not regular: a pipe or
// a device has no records to continue.
func read(path string) ([]byte, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, nil
	}
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("record: %w", err)
	}
	return data, nil
}
