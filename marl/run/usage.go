package run

import (
	"errors"
	"fmt"

	"github.com/gmel-go/gmel/nn/train"
)

// UsageError is a fault of what the user asked for, not of the machine.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *UsageError) Unwrap() error { return e.Err }

// IsUsage reports whether the user can mend the error by asking differently.
func IsUsage(err error) bool {
	var u *UsageError
	return errors.As(err, &u) || train.IsUsage(err)
}

// usage marks an error; nil stays nil.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return &UsageError{err}
}

func usagef(format string, args ...any) error { return usage(fmt.Errorf(format, args...)) }
