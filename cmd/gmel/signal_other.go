//go:build !unix

package main

import (
	"os"
	"syscall"
)

// stopSignals end training in good order.
var stopSignals = []os.Signal{os.Interrupt, syscall.SIGTERM}

// What does not exist here.
var pipeSignals, backgroundSignals, forwardedSignals []os.Signal

// endBy ends the program.
func endBy(os.Signal) { os.Exit(exitSignal) }
