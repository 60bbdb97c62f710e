//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package train

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/gmel-go/gmel/internal/disk"
)

// acquire keeps a second process out of the folder until the lock is released. The system releases its lock whenever
// the process ends. Where the file system has none, the name in the file is all there is.
func (f Folder) acquire(o Options) (*lock, error) {
	file, err := os.OpenFile(f.lock(), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, fmt.Errorf("the run folder cannot be locked: %w", disk.Explain(f.lock(), 0, err))
	}
	if err := exclude(file); err != nil {
		switch {
		case errors.Is(err, syscall.EWOULDBLOCK):
			err = &LockedError{Folder: f}
		case errors.Is(err, errors.ErrUnsupported): // ENOSYS, ENOTSUP, EOPNOTSUPP
			o.Say("WARNING: %s cannot be locked here; take care that only one process of this host trains in it", f)
			err = nil
		default:
			err = fmt.Errorf("%s cannot be locked: %w", f.lock(), err)
		}
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
	l, err := f.hold(file, o.StealLock)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return l, nil
}

// settling is how long a lock may outlive the process that held it: if that was killed while it started a program, such as git, the
// copy of it that was to become the program holds the lock until it does.
const settling = time.Second

// exclude locks the file; EWOULDBLOCK if another process keeps its lock.
func exclude(file *os.File) error {
	for end := time.Now().Add(settling); ; time.Sleep(settling / 100) {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) || time.Now().After(end) {
			return err
		}
	}
}
