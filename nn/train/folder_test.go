package train

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A resumed run would have the same NaN again, so the advice is not to resume. A checkpoint is named only where it is.
func TestAdvice(t *testing.T) {
	bad, disk := fmt.Errorf("step: %w", &Repeated{errors.New("NaN")}), errors.New("disk")
	for _, c := range []struct {
		err      error
		saved    int
		lost     string // what is deleted during the run
		has, not string
	}{
		{bad, -1, "", "start a new run with the changed setting", "the checkpoint of"},
		{bad, 7, "", "the checkpoint of update 7 is kept", "--resume"},
		{disk, 7, "", "--resume", "new run"},
		{disk, -1, "", "disk", "--resume"},
		{disk, 7, "checkpoints", "disk", "--resume"},
		{bad, 7, "checkpoints", "start a new run with the changed setting", "is kept"},
		{disk, 7, ".", "was moved or deleted while the run wrote into it", "is kept"},
	} {
		f := Folder(filepath.Join(t.TempDir(), "run"))
		if _, err := f.begin(t.Context(), nil, nil); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f.checkpoint(), nil, 0o666); err != nil {
			t.Fatal(err)
		}
		place, err := os.Stat(string(f))
		if err != nil {
			t.Fatal(err)
		}
		if c.lost != "" {
			os.RemoveAll(filepath.Clean(f.File(c.lost)))
		}
		text := (&runner{run: &Run{Resume: "gmel train --resume"}, folder: f, place: place, saved: c.saved}).advise(c.err).Error()
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
		f, _, err := createNext(parent, run)
		if err != nil || filepath.Base(string(f)) != want {
			t.Errorf("%s, %v", f, err)
		}
	}
}

// The command that is printed can be pasted into a shell, whatever the folder is called.
func TestResumeCommandCanBePasted(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell here")
	}
	run := &Run{Resume: "printf %s"}
	for _, dir := range []string{"runs/paper-1-1", "a b", "#1", "~x", "{a,b}", "a!b", "it's", "$HOME", "a\\b", "*", "[x]", "a^b", "é", "a=b", "a\tb"} {
		if got, err := exec.CommandContext(t.Context(), shell, "-c", run.ResumeCommand(Folder(dir))).Output(); err != nil || string(got) != dir {
			t.Errorf("%s became %q, %v", dir, got, err)
		}
	}
	for dir, want := range map[string]string{"runs/paper-1-1": "runs/paper-1-1", "-x": "./-x", "#1": "'#1'"} {
		if got := run.ResumeCommand(Folder(dir)); got != "printf %s "+want {
			t.Error(got)
		}
	}
}

// Of two processes that make the same folder at once, one that comes late does not begin again.
func TestBeginOnce(t *testing.T) {
	f := Folder(t.TempDir())
	if _, err := f.begin(t.Context(), []byte("a"), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := f.begin(t.Context(), []byte("b"), nil); !IsUsage(err) {
		t.Error(err)
	}
	if text, err := os.ReadFile(f.config()); err != nil || string(text) != "a" {
		t.Errorf("%q, %v", text, err)
	}
}
