package sim

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// hash is the hash of a scenario whose files can be read.
func hash(t testing.TB, s *Scenario) uint64 {
	t.Helper()
	h, err := s.Hash()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// A scenario file finds its trace from any working folder, and the hash depends on the content of the trace alone.
func TestTraceBelongsToItsScenario(t *testing.T) {
	text := "ieds: 2\ntime: {slots: 6}\ntasks: {arrivals: {process: trace, trace_file: day.csv, queue: 2}}\n"
	dirs := []string{t.TempDir(), t.TempDir(), t.TempDir()}
	for i, trace := range []string{dayCSV, dayCSV, dayCSV + "3,1,small,3,2,2\n"} {
		for name, data := range map[string]string{"day.csv": trace, "s.yaml": text} {
			if err := os.WriteFile(filepath.Join(dirs[i], name), []byte(data), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Chdir(dirs[0])
	var list []*Scenario
	for _, path := range []string{"s.yaml", filepath.Join(dirs[1], "s.yaml"), filepath.Join(dirs[2], "s.yaml")} {
		s, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	t.Chdir(t.TempDir())
	if a, b, c := hash(t, list[0]), hash(t, list[1]), hash(t, list[2]); a != b || a == c {
		t.Errorf("hashes %x, %x of equal traces and %x of another", a, b, c)
	}
	again, err := Parse(list[0].YAML(), "effective")
	if err != nil || again.Tasks.Arrivals.TraceFile != list[0].Tasks.Arrivals.TraceFile {
		t.Errorf("%v: the effective configuration names another file", err)
	}
	a, _, _ := start(t, list[0], 1, 1)
	b, _, _ := start(t, list[1], 1, 1)
	restore(t, b, marshal(t, a))
}

// Worlds are of the game that they read, also if the file has changed since.
func TestWorldsKeepTheirIdentity(t *testing.T) {
	s, path := traced(t, dayCSV)
	w, _, _ := start(t, s, 1, 1)
	before := w.identity()
	if err := os.WriteFile(path, []byte(strings.Join(arrivalColumns, ",")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if w.identity() != before || hash(t, s) == before {
		t.Error("the identity follows the file, or the hash does not")
	}
}

// Faults of a file are told apart: those of its content name the line, a missing one its setting.
func TestInputFaults(t *testing.T) {
	s, path := traced(t, "slot\n")
	var content *InputError
	if _, err := New(s, 1, 1); !errors.As(err, &content) || content.Key != traceKey {
		t.Error(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	want := "sim: tasks.arrivals.trace_file: there is no file " + path
	var field *FieldError
	if _, err := New(s, 1, 1); !errors.As(err, &field) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if _, err := s.Hash(); !errors.As(err, &field) {
		t.Error(err)
	}
}
