package main

import (
	"context"
	"os"
	"os/signal"
)

// untilSignal returns a context that one of stopSignals cancels; say is told. A
// second signal ends the program at once. The returned function ends all that.
func untilSignal(say func(string)) (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals, done := make(chan os.Signal, 2), make(chan struct{})
	signal.Notify(signals, stopSignals...)
	go func() {
		select {
		case <-signals:
		case <-done:
			return
		}
		say("stopping after this update; a second signal stops at once")
		cancel()
		select {
		case <-signals:
			os.Exit(exitSignal)
		case <-done:
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel()
	}
}
