package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gmel-go/gmel/nn/train"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

// printJSON prints exactly one object.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return written(enc.Encode(v))
}

func printText(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return written(err)
}

// errNoReader is of an output whose reader has ended, such as head. It has seen what it wanted.
var errNoReader = errors.New("nothing reads the output any more")

// written explains an error of writing to the output.
func written(err error) error {
	switch {
	case err == nil:
		return nil
	case readerGone(err):
		return errNoReader
	}
	return fmt.Errorf("the output cannot be written: %w", err)
}

// progress writes to the error output, so that the output has results only. A dumb terminal cannot redraw a line.
func progress(c *cli.Context) *train.Progress {
	f, ok := c.App.ErrWriter.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) || os.Getenv("TERM") == "dumb" {
		return train.NewProgress(c.App.ErrWriter, nil)
	}
	return train.NewProgress(f, func() int {
		width, _, err := term.GetSize(int(f.Fd()))
		if err != nil {
			return 0
		}
		return width
	})
}

// oneOf returns the one flag of several that is set, "" for none.
func oneOf(c *cli.Context, names ...string) (set string, err error) {
	for _, name := range names {
		if !c.Bool(name) {
			continue
		}
		if set != "" {
			return "", train.Usagef("--%s and --%s exclude each other", set, name)
		}
		set = name
	}
	return set, nil
}
