//go:build !unix

package main

import (
	"os"
	"syscall"
)

// stopSignals end training in good order.
var stopSignals = []os.Signal{os.Interrupt, syscall.SIGTERM}
