package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

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
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		return s, existing(path)
	}
	f, err := createPart(path)
	if err != nil {
		return s, fmt.Errorf("the trace cannot be written: %w", named(path, err))
	}
	defer removedBySignal(f.Name(), say)()
	s, err = play(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return s, errors.Join(fmt.Errorf("the trace %s is not kept: %w", path, err), os.Remove(f.Name()))
	}
	return s, publish(f.Name(), path)
}

func existing(path string) error {
	return usagef("%s exists and is not overwritten; choose another --trace", path)
}

// createPart makes a new file next to path, named after it.
func createPart(path string) (*os.File, error) {
	for n := 1; ; n++ {
		part := fmt.Sprintf("%s.part%d", path, n)
		f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
		if !errors.Is(err, os.ErrExist) {
			return f, err
		}
	}
}

// named tells of the path that the user knows instead of the part's.
func named(path string, err error) error {
	if at := (*os.PathError)(nil); errors.As(err, &at) {
		return &os.PathError{Op: at.Op, Path: path, Err: at.Err}
	}
	return err
}

// publish gives a part its name. A link refuses a name that has come to exist; where the file system
// has no links, the name is looked up first.
func publish(part, path string) error {
	err := os.Link(part, path)
	if err == nil {
		return os.Remove(part)
	}
	if _, missing := os.Lstat(path); !errors.Is(missing, os.ErrNotExist) {
		return errors.Join(existing(path), os.Remove(part))
	}
	return os.Rename(part, path)
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
