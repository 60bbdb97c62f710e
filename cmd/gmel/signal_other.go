//go:build !unix

package main

import (
	"os"
	"syscall"
)

// stopSignals end training in good order.
var stopSignals = []os.Signal{os.Interrupt, syscall.SIGTERM}

// pipeSignals do not exist here.
var pipeSignals []os.Signal

// endBy ends the program.
func endBy(os.Signal) { os.Exit(exitSignal) }
