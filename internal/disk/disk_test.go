package disk

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// holds fails unless a folder has exactly these files.
func holds(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if text, ok := want[e.Name()]; err != nil || !ok || string(data) != text {
			t.Errorf("%s holds %q, %v", e.Name(), data, err)
		}
	}
	if len(entries) != len(want) {
		t.Errorf("%d files, want %d", len(entries), len(want))
	}
}

func TestWriteReplacesAsAWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	write(t, path+TempSuffix, "left by a kill")
	for _, text := range []string{"one", "second", ""} {
		if err := Write(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		holds(t, dir, map[string]string{"a": text})
	}
	if err := Write(filepath.Join(path, "b"), nil); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a file below a file: %v", err)
	}
	sub := filepath.Join(dir, "sub")
	if err := errors.Join(os.Mkdir(sub, 0o777), os.Mkdir(filepath.Join(sub, "x"), 0o777)); err != nil {
		t.Fatal(err)
	}
	if err := Write(sub, nil); err == nil {
		t.Error("a folder is replaced by a file")
	}
	if _, err := os.Stat(sub + TempSuffix); err == nil {
		t.Error("the temporary file stays")
	}
}

// A disk without room leaves the old file and no other, and the error says what is needed and what is free.
func TestFullDisk(t *testing.T) {
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		dir := t.TempDir()
		path := filepath.Join(dir, "a")
		write(t, path, "old")
		_, err := Prepare(path, 5e9, func(f *os.File) error {
			f.WriteString("half")
			return &fs.PathError{Op: "write", Path: f.Name(), Err: full}
		})
		var e *FullError
		if !errors.As(err, &e) || !errors.Is(err, full) || e.Need != 5e9 || strings.Contains(err.Error(), "\n") {
			t.Fatal(err)
		}
		if _, known := Free(dir); known && !strings.Contains(err.Error(), ": 5 GB are needed and ") {
			t.Error(err)
		}
		holds(t, dir, map[string]string{"a": "old"})
		if again := Explain(path, 1, err); again != err {
			t.Error("an explained error is explained again")
		}
	}
	other := errors.New("other")
	if Explain("a", 1, other) != other || Explain("a", 1, nil) != nil {
		t.Error("another error is changed")
	}
}

func TestFullErrorSaysWhatItKnows(t *testing.T) {
	for want, e := range map[string]*FullError{
		"no space left on device: 233 MB are needed and 12.3 kB are free": {233e6, 12.3e3, true, syscall.ENOSPC},
		"no space left on device: 1.5 GB are needed":                      {1.5e9, 0, false, syscall.ENOSPC},
		"no space left on device: 0 kB are free":                          {0, 0, true, syscall.ENOSPC},
		"no space left on device":                                         {0, 0, false, syscall.ENOSPC},
	} {
		if got := e.Error(); got != want && runtime.GOOS != "windows" {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The room of a path that does not exist is that of the folder above it.
func TestRoom(t *testing.T) {
	dir := t.TempDir()
	free, known := Free(filepath.Join(dir, "no", "such"))
	if !known {
		t.Skip("free space is not known here")
	}
	if free <= 0 {
		t.Errorf("%d bytes free", free)
	}
	if err := Room(dir, 1); err != nil {
		t.Error(err)
	}
	if err := Room(dir, 1<<62); !errors.Is(err, syscall.ENOSPC) {
		t.Error(err)
	}
}

func TestPartGetsItsNameOnceWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	write(t, path+".part1", "left by a kill")
	p, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write([]byte("whole")); err != nil {
		t.Fatal(err)
	}
	late, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Publish(); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second file of that name: %v", err)
	}
	if err := late.Publish(); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a file is overwritten: %v", err)
	}
	holds(t, dir, map[string]string{"a": "whole", "a.part1": "left by a kill"})
	other, err := Create(filepath.Join(dir, "b"))
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Discard(); err != nil {
		t.Error(err)
	}
	if _, err := Create(filepath.Join(dir, "no", "b")); !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "part") {
		t.Error(err)
	}
	holds(t, dir, map[string]string{"a": "whole", "a.part1": "left by a kill"})
}

// SHA-256 of "abc" is the example of FIPS 180-2, appendix B.1.
const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

func TestCopy(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	write(t, from, "abc")
	if digest, err := Copy(t.Context(), from, to); err != nil || digest != abc {
		t.Error(digest, err)
	}
	if digest, err := Digest(t.Context(), to); err != nil || digest != abc {
		t.Error(digest, err)
	}
	holds(t, dir, map[string]string{"a": "abc", "b": "abc"})
	if _, err := Copy(t.Context(), filepath.Join(dir, "no"), to); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Copy(stopped, from, filepath.Join(dir, "c")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	holds(t, dir, map[string]string{"a": "abc", "b": "abc"})
	if _, known := Free(dir); known {
		huge := filepath.Join(dir, "a")
		if err := os.Truncate(huge, 1<<42); err != nil {
			t.Skip(err) // no files with holes here
		}
		if _, err := Copy(t.Context(), huge, filepath.Join(dir, "c")); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "4.4 TB are needed") {
			t.Error(err)
		}
	}
}

func TestAppendContinues(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	for _, c := range []struct {
		keep       int64
		more, want string
	}{{0, "one", "one"}, {3, " two", "one two"}, {3, "!", "one!"}} {
		f, err := Append(path, c.keep)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(c.more); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		holds(t, dir, map[string]string{"a": c.want})
	}
}

func TestFolders(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "a", "b")
	made, err := MakeFolder(b)
	if err != nil || !slices.Equal(made, []string{a, b}) {
		t.Errorf("%q, %v", made, err)
	}
	if again, err := MakeFolder(b); err != nil || again != nil {
		t.Errorf("%q, %v", again, err)
	}
	write(t, filepath.Join(a, "note"), "mine")
	RemoveFolders(made)
	holds(t, a, map[string]string{"note": "mine"})
	if _, err := MakeFolder(filepath.Join(a, "note", "x")); err == nil {
		t.Error("a folder below a file")
	}
	if err := SyncFolder(dir); err != nil {
		t.Error(err)
	}
	if err := SyncFolder(filepath.Join(dir, "missing")); err == nil {
		t.Error("a missing folder was synced")
	}
	if !unsupported(&fs.PathError{Err: syscall.EINVAL}) || !unsupported(syscall.ENOSYS) || unsupported(syscall.EIO) || unsupported(nil) {
		t.Error("wrong errors are passed over")
	}
}

func TestDangling(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink("gone", link); err != nil {
		t.Skip(err) // no links here
	}
	for path, want := range map[string]string{
		link: link + " is a link to gone, which does not exist", filepath.Join(link, "x", "y"): link + " is a link to gone, which does not exist",
		dir: "", filepath.Join(dir, "new"): "",
	} {
		got := ""
		if err := Dangling(path); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestAge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	then := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, then, then); err != nil {
		t.Fatal(err)
	}
	age, err := Age(path)
	if err != nil || age < time.Hour-time.Minute || age > time.Hour+time.Minute {
		t.Errorf("age %v (%v), want an hour", age, err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("left in the folder: %v (%v)", entries, err)
	}
}
