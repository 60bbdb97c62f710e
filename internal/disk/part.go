package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Part is a file that gets its name once it is whole.
type Part struct {
	*os.File
	path string
}

// Create begins a file that must not exist yet: the error is then fs.ErrExist. Until it is published it is
// called after its path with .part and a number.
func Create(path string) (*Part, error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	for n := 1; ; n++ {
		f, err := os.OpenFile(fmt.Sprintf("%s.part%d", path, n), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
		if at := (*fs.PathError)(nil); errors.As(err, &at) && !errors.Is(err, fs.ErrExist) {
			return nil, Explain(path, 0, &fs.PathError{Op: at.Op, Path: path, Err: at.Err}) // the name that the user knows
		}
		if err == nil {
			return &Part{f, path}, nil
		}
	}
}

// Write turns a full disk into a sentence.
func (p *Part) Write(data []byte) (int, error) {
	n, err := p.File.Write(data)
	return n, Explain(p.path, 0, err)
}

// Publish syncs and closes the file and gives it its name. If that name has come to exist the error is fs.ErrExist. If
// it fails, the file is removed.
func (p *Part) Publish() error {
	if err := closed(p.File, nil); err != nil {
		os.Remove(p.Name())
		return Explain(p.path, 0, err)
	}
	if err := p.publish(); err != nil {
		os.Remove(p.Name())
		return err
	}
	return SyncFolder(filepath.Dir(p.path))
}

// publish makes a link, which refuses a name that exists. Where the file system has no links, the name is looked up
// first.
func (p *Part) publish() error {
	if err := os.Link(p.Name(), p.path); err == nil || errors.Is(err, fs.ErrExist) {
		return errors.Join(err, os.Remove(p.Name()))
	}
	if _, err := os.Lstat(p.path); err == nil {
		return &fs.PathError{Op: "create", Path: p.path, Err: fs.ErrExist}
	}
	return os.Rename(p.Name(), p.path)
}

// Discard closes and removes the file.
func (p *Part) Discard() error { return errors.Join(p.File.Close(), os.Remove(p.Name())) }
