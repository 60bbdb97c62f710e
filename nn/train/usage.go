package train

import (
	"errors"
	"fmt"
)

// UsageError is an error in the user's request, such as a folder that holds another run.
type UsageError struct{ Err error }

// Error is the text of the cause.
func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *UsageError) Unwrap() error { return e.Err }

// Usage marks an error as one in the user's request; nil stays nil.
func Usage(err error) error {
	if err == nil {
		return nil
	}
	return &UsageError{err}
}

// Usagef is an error in the user's request.
func Usagef(format string, args ...any) error { return &UsageError{fmt.Errorf(format, args...)} }

// IsUsage reports whether the user can correct the error by another request.
func IsUsage(err error) bool {
	var u *UsageError
	return errors.As(err, &u)
}

// Counted is a number with its noun, such as "1 world" or "4 worlds".
func Counted(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Repeated marks an error that follows from the numbers of a run, such as a loss that is not finite. A resumed run has
// the same numbers and the same error, so the advice is to start a new run.
type Repeated struct{ Err error }

// Error is the text of the cause.
func (e *Repeated) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Repeated) Unwrap() error { return e.Err }
