//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package train

import (
	"errors"
	"fmt"
	"os"

	"github.com/gmel-go/gmel/internal/disk"
)

// acquire keeps processes of other hosts out of the folder until the returned function is called. Without flock the user has to avoid two
// processes of one host.
func (f Folder) acquire(o Options) (release func() error, err error) {
	file, err := os.OpenFile(f.lock(), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, fmt.Errorf("the run folder cannot be locked: %w", disk.Explain(f.lock(), 0, err))
	}
	if release, err = f.hold(file, o.StealLock); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return release, nil
}
