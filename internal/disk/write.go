package disk

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// TempSuffix follows the name of a file that is being written. What a kill leaves under that name is never valid and
// is overwritten by the next attempt.
const TempSuffix = ".tmp"

// Write replaces the file at path as a whole or not at all.
func Write(path string, data []byte) error {
	tmp, err := Prepare(path, int64(len(data)), func(f *os.File) error {
		_, err := f.Write(data)
		return err
	})
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := os.Rename(tmp, path); err != nil {
		os.Remove(tmp)
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return SyncFolder(filepath.Dir(path))
}

// Prepare writes and syncs a file beside path, under path with TempSuffix, and returns that name. A failure leaves no
// file. size is what the file takes, for the sentence about a full disk; 0: not known.
func Prepare(path string, size int64, write func(*os.File) error) (tmp string, err error) {
	tmp = path + TempSuffix
	f, err := os.Create(tmp)
	if err != nil {
		return "", Explain(path, size, err)
	}
	if err = closed(f, write(f)); err != nil {
		os.Remove(tmp)
		return "", Explain(path, size, err)
	}
	return tmp, nil
}

// closed syncs a file, unless writing it has failed, and closes it. A full disk may fail any of the three.
func closed(f *os.File, err error) error {
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// Append opens or creates the file at path, cut to keep bytes, to write after them. A device or a pipe is not cut.
func Append(path string, keep int64) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, Explain(path, 0, err)
	}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		err = f.Truncate(keep)
		if err == nil {
			_, err = f.Seek(keep, io.SeekStart)
		}
		if err != nil {
			return nil, errors.Join(Explain(path, 0, err), f.Close())
		}
	}
	return f, nil
}
