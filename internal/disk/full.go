package disk

import (
	"errors"
	"fmt"
	"syscall"
)

// FullError says that a disk, or the user's part of it, has no room for a file.
type FullError struct {
	Need  int64 // bytes of the file; 0: not known
	Free  int64 // bytes without the file
	Known bool  // Free is known
	Err   error // syscall.ENOSPC or syscall.EDQUOT
}

// Error is one sentence.
func (e *FullError) Error() string {
	text := e.Err.Error()
	switch {
	case e.Need > 0 && e.Known:
		text += fmt.Sprintf(": %s are needed and %s are free", Bytes(e.Need), Bytes(e.Free))
	case e.Known:
		text += fmt.Sprintf(": %s are free", Bytes(e.Free))
	case e.Need > 0:
		text += fmt.Sprintf(": %s are needed", Bytes(e.Need))
	}
	return text
}

// Unwrap returns the cause.
func (e *FullError) Unwrap() error { return e.Err }

// Bytes is a number of bytes with its unit, such as 233 MB.
func Bytes(n int64) string {
	switch {
	case n < 1e6:
		return fmt.Sprintf("%.3g kB", float64(n)/1e3)
	case n < 1e9:
		return fmt.Sprintf("%.3g MB", float64(n)/1e6)
	case n < 1e12:
		return fmt.Sprintf("%.3g GB", float64(n)/1e9)
	}
	return fmt.Sprintf("%.3g TB", float64(n)/1e12)
}

// Explain makes a FullError of an error that a full disk caused while the file at path was written; it returns other
// errors as they are. need is what the file takes; 0: not known.
func Explain(path string, need int64, err error) error {
	var done *FullError
	if errors.As(err, &done) {
		return err
	}
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		if errors.Is(err, full) {
			free, known := Free(path)
			return &FullError{need, free, known, full}
		}
	}
	return err
}

// Room fails where the disk of path has fewer than need bytes free.
func Room(path string, need int64) error {
	free, known := Free(path)
	if !known || need <= free {
		return nil
	}
	return &FullError{need, free, known, syscall.ENOSPC}
}
