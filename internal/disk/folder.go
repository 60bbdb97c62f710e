package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// SyncFolder makes new names and renames in a folder survive a power cut. It does
// nothing where folders cannot be synced: on Windows and some network and user
// file systems.
func SyncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil // a folder that may be written but not listed cannot be synced
	}
	if err != nil {
		return err
	}
	err = d.Sync()
	if unsupported(err) {
		err = nil
	}
	return errors.Join(Explain(dir, 0, err), d.Close())
}

// unsupported reports whether a file system refused because it does not support the call.
// errors.ErrUnsupported covers ENOSYS, ENOTSUP and EOPNOTSUPP.
func unsupported(err error) bool {
	return errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported)
}

// MakeFolder makes a folder with those above it, and returns the ones that it made, outermost first.
func MakeFolder(path string) (made []string, err error) {
	var missing []string
	for p := filepath.Clean(path); ; p = filepath.Dir(p) {
		if _, err := os.Lstat(p); err == nil || !errors.Is(err, fs.ErrNotExist) {
			break
		}
		missing = append(missing, p)
	}
	for i := len(missing) - 1; i >= 0; i-- {
		if err := os.Mkdir(missing[i], 0o777); err == nil {
			made = append(made, missing[i])
		} else if !errors.Is(err, fs.ErrExist) {
			return made, Explain(path, 0, err)
		}
	}
	if err := os.MkdirAll(path, 0o777); err != nil { // a file in the way, a link
		return made, Explain(path, 0, err)
	}
	return made, nil
}

// RemoveFolders removes those of the folders that are empty, innermost first.
func RemoveFolders(made []string) {
	for i := len(made) - 1; i >= 0; i-- {
		os.Remove(made[i])
	}
}

// Dangling fails where a path leads through a link to something that does not exist.
func Dangling(path string) error {
	for p := filepath.Clean(path); ; {
		info, err := os.Lstat(p)
		if err == nil && info.Mode()&fs.ModeSymlink != 0 {
			if _, err := os.Stat(p); errors.Is(err, fs.ErrNotExist) {
				target, err := os.Readlink(p)
				return errors.Join(err, fmt.Errorf("%s is a link to %s, which does not exist", p, target))
			}
		}
		up := filepath.Dir(p)
		if err == nil || up == p {
			return nil
		}
		p = up
	}
}
