//go:build unix

package main

import (
	"os"
	"syscall"
)

// stopSignals end training in good order; SIGHUP comes when the terminal closes.
var stopSignals = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}
