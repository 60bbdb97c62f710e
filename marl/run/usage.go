package run

import (
	"fmt"

	"github.com/gmel-go/gmel/nn/train"
)

// usage marks an error as an error in the user's input; nil stays nil.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return &train.UsageError{Err: err}
}

func usagef(format string, args ...any) error { return usage(fmt.Errorf(format, args...)) }
