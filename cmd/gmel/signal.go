package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
)

// untilSignal returns a context that one of stopSignals cancels; say is told which part of the work is still done. A
// second signal ends the program at once. The returned function ends all that.
func untilSignal(say func(string), part string) (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	stop := onSignal(func(first, second func() os.Signal) {
		if first() == nil {
			return
		}
		say("stopping after this " + part + "; a second signal stops at once")
		cancel()
		if second() != nil {
			os.Exit(exitSignal)
		}
	})
	return ctx, func() { stop(); cancel() }
}

// removedBySignal removes the file at path when a signal ends the program. The returned function ends that.
func removedBySignal(path string, say func(string)) func() {
	return onSignal(func(first, _ func() os.Signal) {
		s := first()
		if s == nil {
			return
		}
		os.Remove(path)
		say("stopped by a signal (" + s.String() + "); the incomplete output is removed")
		endBy(s)
	})
}

// onSignal runs handle beside the program. Its two functions wait for a stop signal each and return nil
// where the returned function comes first.
func onSignal(handle func(first, second func() os.Signal)) func() {
	signals, done := make(chan os.Signal, 2), make(chan struct{})
	if wanted := heeded(stopSignals); len(wanted) > 0 { // none means all to Notify
		signal.Notify(signals, wanted...)
	}
	next := func() os.Signal {
		select {
		case s := <-signals:
			return s
		case <-done:
			return nil
		}
	}
	go handle(next, next)
	return sync.OnceFunc(func() {
		signal.Stop(signals)
		close(done)
	})
}

// heeded leaves out the signals that the program was started to ignore, as nohup and a shell's background
// jobs are: to listen to them would end what the user protected.
func heeded(all []os.Signal) []os.Signal {
	return slices.DeleteFunc(slices.Clone(all), signal.Ignored)
}

// keepIgnored ignores again what the Go runtime forgets that the program was started to ignore. It respects SIGHUP
// and SIGINT alone, and a shell has the background jobs of a script ignore backgroundSignals together with SIGINT.
func keepIgnored() {
	if signal.Ignored(os.Interrupt) && len(backgroundSignals) > 0 {
		signal.Ignore(backgroundSignals...)
	}
}

// survivePipes makes a write to a pipe that nothing reads an error, where it would end the program, as
// `gmel train | tee log` does when Ctrl-C ends tee first. To ignore the signal would do the same to the
// programs that gmel starts.
func survivePipes() {
	if len(pipeSignals) > 0 {
		signal.Notify(make(chan os.Signal, 1), pipeSignals...)
	}
}

// readerGone reports that an output is a pipe that nothing reads any more.
func readerGone(err error) bool { return errors.Is(err, syscall.EPIPE) }
