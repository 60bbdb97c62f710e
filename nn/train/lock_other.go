//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package train

import (
	"errors"
	"fmt"
	"os"

	"github.com/gmel-go/gmel/internal/disk"
)

// acquire keeps processes of other hosts out of the folder until the lock is released. Without flock the user has to avoid two
// processes of one host.
func (f Folder) acquire(o Options) (*lock, error) {
	file, err := os.OpenFile(f.lock(), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, fmt.Errorf("the run folder cannot be locked: %w", disk.Explain(f.lock(), 0, err))
	}
	l, err := f.hold(file, o.StealLock)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return l, nil
}
