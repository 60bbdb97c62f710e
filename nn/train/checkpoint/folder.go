package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"syscall"
)

// SyncFolder makes new names and renames in a folder survive a power cut. It does
// nothing where folders cannot be synced: on Windows and some network and user
// file systems. It is here, and not in package record, because this package needs
// the standard library only.
func SyncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil // a folder that may be written but not listed cannot be synced
	}
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	err = d.Sync()
	if unsupported(err) {
		err = nil
	}
	if err := errors.Join(err, d.Close()); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// unsupported reports whether a file system refused because it does not support the call.
// errors.ErrUnsupported covers ENOSYS, ENOTSUP and EOPNOTSUPP.
func unsupported(err error) bool {
	return errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported)
}
