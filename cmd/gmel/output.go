package main

import (
	"encoding/json"
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
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("the output cannot be written: %w", err)
	}
	return nil
}

func printText(w io.Writer, text string) error {
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("the output cannot be written: %w", err)
	}
	return nil
}

// progress writes to the error output, so that results alone go to the output.
func progress(c *cli.Context) *train.Progress {
	f, ok := c.App.ErrWriter.(*os.File)
	return train.NewProgress(c.App.ErrWriter, ok && term.IsTerminal(int(f.Fd())))
}
