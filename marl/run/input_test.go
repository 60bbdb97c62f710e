package run

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/gmel-go/gmel/nn/train"
)

// traced is a small run with an arrival trace, whose configuration is in a folder of its own.
func traced(t *testing.T) *Config {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	tiny, err := filepath.Abs("../../cmd/gmel/testdata/tiny.yaml")
	if err != nil {
		t.Fatal(err)
	}
	trace := "slot,ied,model,data_mbit,gcycles,deadline_s\n0,0,small,2.5,1.1,1.5\n7,3,small,2.5,1.1,1.5\n"
	if err := os.WriteFile(filepath.Join(dir, "day.csv"), []byte(trace), 0o666); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	return load(t, Sources{File: tiny, Sets: []string{
		"train.backend=ref", "train.updates=20", "scenario.tasks.arrivals={process: trace, trace_file: day.csv, queue: 2}"}})
}

// A run that is stopped, moved to another machine without the original trace and resumed there ends like one that was
// not. The evaluations after its beginning read the copy as well.
func TestMovedRunGoesOn(t *testing.T) {
	c := traced(t)
	original := c.Scenario.Tasks.Arrivals.TraceFile
	whole, err := Train(t.Context(), c, train.Options{Out: "whole"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Scenario.Tasks.Arrivals.TraceFile != original {
		t.Error("the caller's configuration has changed")
	}
	stopped, stop := context.WithCancel(t.Context())
	progress := func(train.Status) { // after the first evaluation
		stop()
		os.Remove(original)
	}
	if r, err := Train(stopped, c, train.Options{Out: "part", Progress: progress}); err != nil || !r.Interrupted {
		t.Fatalf("%+v, %v", r, err)
	}
	moved := filepath.Join(t.TempDir(), "moved")
	if err := os.Rename("part", moved); err != nil {
		t.Fatal(err)
	}
	before := whole.Folder.File("checkpoints", "latest.safetensors")
	if before, err = filepath.Abs(before); err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	r, err := Resume(t.Context(), moved, Sources{}, train.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(before)
	got, err2 := os.ReadFile(r.Folder.File("checkpoints", "latest.safetensors"))
	if err := errors.Join(err, err2); err != nil || !bytes.Equal(want, got) {
		t.Errorf("another checkpoint, %v", err)
	}
	if whole.Table.Rows[0].Hash != r.Table.Rows[0].Hash {
		t.Error("another table")
	}
}

// A file that changes while the run begins is noticed, and nothing of the run stays.
func TestInputChangesAtTheBeginning(t *testing.T) {
	c := traced(t)
	run, err := begun(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	open := run.Open
	run.Open = func(o train.Options) (train.Job, error) {
		j, err := open(o)
		return j, errors.Join(err, os.WriteFile("day.csv", []byte("slot,ied,model,data_mbit,gcycles,deadline_s\n"), 0o666))
	}
	if _, err := train.Start(t.Context(), run, train.Options{Out: "run"}); !train.IsUsage(err) {
		t.Error(err)
	}
	if _, err := os.Stat("run"); err == nil {
		t.Error("a folder stays")
	}
}
