package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
)

// traced gives play a place to write the trace to, nil without a path. A file gets the name only once it is
// whole, so that half a trace is never taken for one.
func traced(path string, say func(string), play func(io.Writer) (sim.Summary, error)) (s sim.Summary, err error) {
	if path == "" {
		return play(nil)
	}
	if f, err := openStream(path); f != nil || err != nil {
		return streamed(path, f, err, play)
	}
	part, err := createNew(path, "--trace")
	if err != nil {
		return s, err
	}
	defer removedBySignal(part.Name(), say)()
	if s, err = play(part); err != nil {
		return s, errors.Join(fmt.Errorf("the trace %s is not kept: %w", path, err), part.Discard())
	}
	return s, publish(part, path, "--trace")
}

// createNew begins a file that a flag names and that must not exist.
func createNew(path, flag string) (*disk.Part, error) {
	if err := disk.Dangling(path); err != nil {
		return nil, train.Usagef("%w; choose another %s", err, flag)
	}
	part, err := disk.Create(path)
	if err != nil {
		return nil, notCreated(err, path, flag)
	}
	return part, nil
}

// publish gives a whole file its name.
func publish(part *disk.Part, path, flag string) error {
	if err := part.Publish(); err != nil {
		return notCreated(err, path, flag)
	}
	return nil
}

func notCreated(err error, path, flag string) error {
	if errors.Is(err, fs.ErrExist) {
		return train.Usagef("%s exists and is not overwritten; choose another %s", path, flag)
	}
	return fmt.Errorf("%s %s cannot be written: %w", flag, path, err)
}

// openStream opens what is no file to create, such as /dev/stdout or the pipe of a shell's >(gzip); nil where
// path is none.
func openStream(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil || info.IsDir() || info.Mode().IsRegular() && !strings.HasPrefix(path, "/dev/") {
		return nil, nil
	}
	return os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
}

// streamed plays into an open stream, which keeps what it got. A reader that wants no more ends the play.
func streamed(path string, f *os.File, err error, play func(io.Writer) (sim.Summary, error)) (s sim.Summary, _ error) {
	if err == nil {
		s, err = play(f)
		err = errors.Join(err, f.Close())
	}
	if readerGone(err) {
		return s, errNoReader
	}
	if err != nil {
		return s, fmt.Errorf("the trace cannot be written to %s: %w", path, err)
	}
	return s, nil
}

// toStdout reports whether a path is the standard output, which then holds the trace alone.
func toStdout(path string) bool {
	info, err := os.Stat(path)
	stdout, err2 := os.Stdout.Stat()
	return err == nil && err2 == nil && strings.HasPrefix(path, "/dev/") && os.SameFile(info, stdout)
}
