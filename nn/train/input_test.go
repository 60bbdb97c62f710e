package train

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// inputs describes files with these names and a content each, in folders of their own.
func inputs(t *testing.T, names ...string) (list []Input) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(t.TempDir(), name)
		err := os.WriteFile(path, []byte(path), 0o666)
		if err == nil {
			list, err = AddInput(t.Context(), list, "key."+name, path)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return list
}

// Copies never collide, and their names are good on every file system.
func TestInputNames(t *testing.T) {
	list := inputs(t, "day.csv", "day.csv", "DAY.csv", "day-2.csv", "a b:é\xff.csv", ".hidden", "day", strings.Repeat("x", 120)+".csv")
	var names []string
	for _, in := range list {
		names = append(names, in.File)
	}
	want := []string{"inputs/day.csv", "inputs/day-2.csv", "inputs/DAY-3.csv", "inputs/day-2-2.csv", "inputs/a_b_é_.csv", "inputs/hidden", "inputs/day",
		"inputs/" + strings.Repeat("x", 96) + ".csv"}
	if !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
	f := Folder(t.TempDir())
	if _, err := f.begin(t.Context(), nil, list); err != nil {
		t.Fatal(err)
	}
	for _, in := range list {
		if data, err := os.ReadFile(in.Copy(f)); err != nil || string(data) != in.From {
			t.Errorf("%s holds %q, %v", in.File, data, err)
		}
		if err := f.writable(in.File); err == nil {
			t.Errorf("a job may write %s", in.File)
		}
	}
	again, err := f.Inputs()
	for i := range list { // JSON has no name that is not UTF-8
		list[i].From, list[i].Setting = strings.ToValidUTF8(list[i].From, "\ufffd"), strings.ToValidUTF8(list[i].Setting, "\ufffd")
	}
	if err != nil || !slices.Equal(list, again) {
		t.Errorf("%v, %v", again, err)
	}
	if none, err := Folder(t.TempDir()).Inputs(); none != nil || err != nil {
		t.Error(none, err)
	}
}

// What a run reads must be a file that can be copied.
func TestInputsMustBeFiles(t *testing.T) {
	for _, path := range []string{t.TempDir(), os.DevNull} {
		if _, err := AddInput(t.Context(), nil, "key", path); !IsUsage(err) || !strings.Contains(err.Error(), "is no regular file") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := AddInput(t.Context(), nil, "key", filepath.Join(t.TempDir(), "no")); err == nil {
		t.Error("a missing file is taken")
	}
	f := Folder(t.TempDir())
	if err := os.WriteFile(f.inputs(), []byte("{"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Inputs(); err == nil || !strings.Contains(err.Error(), "inputs.json") {
		t.Error(err)
	}
}

// A run that is interrupted while it copies its inputs leaves nothing.
func TestInterruptedCopy(t *testing.T) {
	list := inputs(t, "day.csv")
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := AddInput(stopped, list, "key", list[0].From); !errors.Is(err, errUnbegun) {
		t.Error(err)
	}
	run, dir := newRun(newFit()), filepath.Join(t.TempDir(), "new", "run")
	run.Inputs = list
	if _, err := Start(stopped, run, Options{Out: dir}); !errors.Is(err, errUnbegun) {
		t.Error(err)
	}
	if exists(filepath.Dir(dir)) {
		t.Error("a folder stays")
	}
}
