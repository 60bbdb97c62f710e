//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// stopSignals end training in good order; SIGHUP comes when the terminal closes.
var stopSignals = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}

// forwardedSignals are those that every mpirun passes on to all processes. SIGTERM and SIGINT make that of Open MPI end them instead.
var forwardedSignals = []os.Signal{syscall.SIGUSR1}

// backgroundSignals are ignored by a background job besides SIGINT (POSIX, 2.11 Signals and Error Handling).
var backgroundSignals = []os.Signal{syscall.SIGQUIT}

// pipeSignals come with a write to a pipe that nothing reads.
var pipeSignals = []os.Signal{syscall.SIGPIPE}

// endBy ends the program as the signal would have, so that a shell and its loops see what happened.
func endBy(s os.Signal) {
	number, ok := s.(syscall.Signal)
	if !ok {
		os.Exit(exitSignal)
	}
	signal.Reset(s)
	if err := syscall.Kill(os.Getpid(), number); err != nil {
		os.Exit(exitSignal)
	}
	select {} // the signal comes
}
