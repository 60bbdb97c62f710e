//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package train

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/gmel-go/gmel/internal/disk"
)

// acquire keeps a second process out of the folder until the returned function is called. The system
// releases the lock whenever the process ends. On file systems without locks, the user has to avoid a
// second process.
func (f Folder) acquire(notice func(string, ...any)) (release func() error, err error) {
	file, err := os.OpenFile(f.lock(), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, fmt.Errorf("the run folder cannot be locked: %w", disk.Explain(f.lock(), 0, err))
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, errors.ErrUnsupported) { // ENOSYS, ENOTSUP, EOPNOTSUPP
			notice("WARNING: %s cannot be locked here; take care that only one process trains in it", f)
			return file.Close, nil
		}
		file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("another process is training in %s; wait for it or stop it", f)
		}
		return nil, fmt.Errorf("%s cannot be locked: %w", f.lock(), err)
	}
	return file.Close, nil
}
