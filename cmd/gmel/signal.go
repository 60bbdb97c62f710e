package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// untilSignal returns a context that SIGINT or SIGTERM cancels; say is told. A
// second signal ends the program at once.
func untilSignal(say func(string)) (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		say("stopping after this update; a second signal stops at once")
		cancel()
		<-signals
		os.Exit(exitSignal)
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel()
	}
}
