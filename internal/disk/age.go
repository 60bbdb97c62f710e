package disk

import (
	"errors"
	"os"
	"path/filepath"
	"time"
)

// Age is the time since a file was last written, by the clock of its file system: that may be another host's. It makes a file beside it
// for that and removes it.
func Age(path string) (time.Duration, error) {
	probe, err := os.CreateTemp(filepath.Dir(path), ".now-*")
	if err != nil {
		return 0, Explain(path, 0, err)
	}
	defer os.Remove(probe.Name())
	_, err = probe.Write([]byte{'\n'}) // an empty file may get the time of this host
	now, wrong := probe.Stat()
	if err = errors.Join(err, wrong, probe.Close()); err != nil {
		return 0, Explain(path, 0, err)
	}
	was, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return max(0, now.ModTime().Sub(was.ModTime())), nil
}
