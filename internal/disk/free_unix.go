//go:build linux || darwin || freebsd

package disk

import (
	"path/filepath"
	"syscall"
)

// Free is the number of bytes that this user may still write to the disk of a path, or of the nearest folder above it
// that exists.
func Free(path string) (bytes int64, known bool) {
	for {
		var s syscall.Statfs_t
		err := syscall.Statfs(path, &s)
		if err == nil && s.Blocks > 0 { // a file system without blocks does not say
			return max(0, int64(s.Bavail)) * int64(s.Bsize), true
		}
		up := filepath.Dir(path)
		if err == nil || up == path {
			return 0, false
		}
		path = up
	}
}
