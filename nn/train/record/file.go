// Package record writes the records of a training run: metrics as JSON lines and as TensorBoard events, and
// the learning curve as a picture. Every record contains its update. So a resumed run can first drop the
// records after its checkpoint, and ends with the same files.
package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gmel-go/gmel/nn/train/checkpoint"
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
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		err = f.Truncate(keep)
		if err == nil {
			_, err = f.Seek(keep, 0)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("record: %w", err), f.Close())
		}
	}
	return &file{f}, nil
}

func (r *file) write(p []byte) error {
	if _, err := r.f.Write(p); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return nil
}

// Sync makes all written records survive a power cut.
func (r *file) Sync() error {
	if err := r.f.Sync(); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return nil
}

// Close closes the file.
func (r *file) Close() error {
	if err := r.f.Close(); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return nil
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

// WriteFile replaces the file at path as a whole or not at all.
func WriteFile(path string, data []byte) error {
	tmp := path + ".tmp"
	err := writeSynced(tmp, data)
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		os.Remove(tmp)
		return fmt.Errorf("record: writing %s: %w", filepath.Base(path), err)
	}
	return checkpoint.SyncFolder(filepath.Dir(path))
}

func writeSynced(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
