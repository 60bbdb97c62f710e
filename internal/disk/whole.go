package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Whole is a folder that gets its name once all of its files are written.
type Whole struct {
	path, part string
	made       []string // folders above it
}

// WriteFolder writes a new folder of files by their names, all of them or none; see CreateFolder.
func WriteFolder(path string, files map[string][]byte) error {
	w, err := CreateFolder(path)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := w.Write(name, files[name]); err != nil {
			return errors.Join(err, w.Discard())
		}
	}
	return w.Publish()
}

// CreateFolder begins a folder, with those above it. A folder of this name must not exist or must be empty: otherwise the error is
// fs.ErrExist. Until it is published it is called after its path with .part and a number, and a kill leaves it under that name.
func CreateFolder(path string) (*Whole, error) {
	path = filepath.Clean(path)
	if err := vacant(path); err != nil {
		return nil, err
	}
	made, err := MakeFolder(filepath.Dir(path))
	if err != nil {
		RemoveFolders(made)
		return nil, err
	}
	for n := 1; ; n++ {
		part := fmt.Sprintf("%s.part%d", path, n)
		if err := os.Mkdir(part, 0o777); err == nil {
			return &Whole{path, part, made}, nil
		} else if !errors.Is(err, fs.ErrExist) {
			RemoveFolders(made)
			return nil, Explain(path, 0, err)
		}
	}
}

// vacant fails unless nothing but an empty folder has the path.
func vacant(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.IsDir() {
		if entries, err := os.ReadDir(path); err != nil || len(entries) == 0 {
			return err
		}
	}
	return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
}

// Write writes a file of the folder. Its name may lead through folders, which are made.
func (w *Whole) Write(name string, data []byte) error {
	path := filepath.Join(w.part, name)
	if _, err := MakeFolder(filepath.Dir(path)); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return Explain(path, int64(len(data)), err)
	}
	_, err = f.Write(data)
	return Explain(path, int64(len(data)), closed(f, err))
}

// Publish gives the folder its name. If that fails, what is written stays under the name that it has.
func (w *Whole) Publish() error {
	err := filepath.WalkDir(w.part, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			err = SyncFolder(path)
		}
		return err
	})
	if err == nil {
		if err = vacant(w.path); err == nil {
			os.Remove(w.path) // an empty folder, over which some systems do not rename
			err = os.Rename(w.part, w.path)
		}
	}
	if err != nil {
		return fmt.Errorf("%s is whole but cannot be renamed to %s: %w", w.part, w.path, err)
	}
	return SyncFolder(filepath.Dir(w.path))
}

// Discard removes the folder with all that is in it, and the empty ones above it that it made.
func (w *Whole) Discard() error {
	err := os.RemoveAll(w.part)
	RemoveFolders(w.made)
	return err
}
