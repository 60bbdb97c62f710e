package setting

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

type listing struct {
	List string `yaml:"list"`
	Map  string `yaml:"map"`
}

// names reads a section with two files from a YAML file and flags.
func names(file string, sets ...string) (*listing, error) {
	x := &listing{}
	r := NewReader()
	errs := []error{r.File(file)}
	for _, s := range sets {
		errs = append(errs, r.Set(s))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	r.Read(Section{Name: "x", Value: x, Files: []File{{"list", &x.List}, {"map", &x.Map}}})
	return x, r.Check()
}

// A name in a file is relative to that file, and a name in a flag to the working folder.
func TestNamesOfFiles(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for name, text := range map[string]string{
		"in/x.yaml": "x:\n  list: a.csv\n  map: ../b.csv\n", "in/a.csv": "", "b.csv": "", "a.csv": "",
	} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, []byte(text), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		file, set string
		list, mp  string
	}{
		{filepath.Join("in", "x.yaml"), "", "in/a.csv", "b.csv"},
		{filepath.Join(dir, "in", "x.yaml"), "", "in/a.csv", "b.csv"},
		{filepath.Join("in", "x.yaml"), "x.list=a.csv", "a.csv", "b.csv"},
		{filepath.Join("in", "x.yaml"), "x.map=", "in/a.csv", ""},
		{filepath.Join("in", "x.yaml"), "x.map=" + filepath.Join(dir, "a.csv"), "in/a.csv", "a.csv"},
	} {
		var sets []string
		if c.set != "" {
			sets = []string{c.set}
		}
		x, err := names(c.file, sets...)
		if err != nil {
			t.Fatal(err)
		}
		for got, want := range map[string]string{x.List: c.list, x.Map: c.mp} {
			if want != "" {
				want = filepath.Join(here, filepath.FromSlash(want))
			}
			if a, b := real(got), real(want); a != b {
				t.Errorf("%+v: %s, want %s", c, got, want)
			}
		}
	}
}

// real is a path without links: a temporary folder may be behind one.
func real(path string) string {
	if r, err := filepath.EvalSymlinks(path); err == nil {
		return r
	}
	return path
}

// A file that cannot be read is named with its setting and the path that was tried.
func TestFilesThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	link, deep := filepath.Join(dir, "link"), filepath.Join(dir, "x.yaml", "a")
	if err := os.WriteFile(filepath.Join(dir, "x.yaml"), []byte("x:\n\n  list: gone.csv\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for set, want := range map[string]string{
		"":                 filepath.Join(dir, "x.yaml") + ":3: x.list: there is no file " + filepath.Join(dir, "gone.csv"),
		"x.list=gone":      "--set x.list=gone: x.list: there is no file /",
		"x.list=" + dir:    "--set x.list=" + dir + ": x.list: " + dir + " is a folder; a file is needed",
		"x.list=/dev/null": "--set x.list=/dev/null: x.list: /dev/null is a pipe or a device, and it is read more than once: save it as a file first",
		"x.list=" + link:   "--set x.list=" + link + ": x.list: " + link + " is a link to nowhere, which does not exist",
		"x.list=" + deep:   "--set x.list=" + deep + ": x.list: " + deep + " cannot be read: not a directory",
	} {
		if runtime.GOOS == "windows" && set != "" {
			continue // no links, other roots
		}
		if set == "x.list="+link {
			if err := os.Symlink("nowhere", link); err != nil {
				t.Fatal(err)
			}
		}
		var sets []string
		if set != "" {
			sets = []string{set}
		}
		_, err := names(filepath.Join(dir, "x.yaml"), sets...)
		var e *Error
		if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", set, err, want)
		}
	}
}

// A text that comes from a pipe or a device lies in no folder.
func TestNamesInAPipe(t *testing.T) {
	if _, err := os.Stat("/dev/null"); err != nil {
		t.Skip("no devices here")
	}
	if got := (Origin{File: "/dev/null", Line: 1}).Resolve("a.csv"); got != "a.csv" {
		t.Error(got)
	}
}
