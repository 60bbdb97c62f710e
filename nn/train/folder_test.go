package train

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Resuming after NaN meets the same NaN, so it is not proposed.
func TestAdvice(t *testing.T) {
	bad := fmt.Errorf("step: %w", &Repeated{errors.New("NaN")})
	for _, c := range []struct {
		err      error
		saved    int
		has, not string
	}{
		{bad, -1, "start a new run with the changed setting", "the checkpoint of"},
		{bad, 7, "the checkpoint of update 7 is kept", "--resume"},
		{errors.New("disk"), 7, "--resume", "new run"},
		{errors.New("disk"), -1, "disk", "--resume"},
	} {
		text := (&runner{run: &Run{Resume: "gmel train --resume"}, folder: "f", saved: c.saved}).advise(c.err).Error()
		if !strings.Contains(text, c.has) || strings.Contains(text, c.not) {
			t.Error(text)
		}
	}
}

func TestPlainName(t *testing.T) {
	for in, want := range map[string]string{"paper": "paper", "../a b": "_a_b", "..": "run", "": "run", "é": "_"} {
		if got := plainName(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestFoldersAreNumbered(t *testing.T) {
	run := &Run{Name: "paper", Seed: 1, Resume: "gmel train --resume"}
	parent := t.TempDir()
	for _, want := range []string{"paper-1-1", "paper-1-2"} {
		f, err := createNext(parent, run)
		if err != nil || filepath.Base(string(f)) != want {
			t.Errorf("%s, %v", f, err)
		}
	}
	if got := run.ResumeCommand("a b"); got != "gmel train --resume 'a b'" {
		t.Error(got)
	}
}

// Of two processes that make the same folder at once, one that comes late does not begin again.
func TestBeginOnce(t *testing.T) {
	f := Folder(t.TempDir())
	if err := f.begin([]byte("a")); err != nil {
		t.Fatal(err)
	}
	if err := f.begin([]byte("b")); !IsUsage(err) {
		t.Error(err)
	}
	if text, err := os.ReadFile(f.config()); err != nil || string(text) != "a" {
		t.Errorf("%q, %v", text, err)
	}
}
