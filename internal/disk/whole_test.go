package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFolderIsWholeOrNotThere(t *testing.T) {
	up := t.TempDir()
	dir := filepath.Join(up, "new", "samples")
	for _, exists := range []bool{false, true} {
		if exists {
			if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o777)); err != nil {
				t.Fatal(err)
			}
		}
		w, err := CreateFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Write("a/1", []byte("one")), w.Write("2", []byte("two"))); err != nil {
			t.Fatal(err)
		}
		if entries, err := os.ReadDir(dir); len(entries) > 0 || (err == nil) != exists {
			t.Errorf("the folder has %v before it is whole, error %v", entries, err)
		}
		if err := w.Write("2", nil); !errors.Is(err, fs.ErrExist) {
			t.Errorf("a file twice: error %v", err)
		}
		if err := w.Publish(); err != nil {
			t.Fatal(err)
		}
		holds(t, filepath.Join(dir, "a"), map[string]string{"1": "one"})
		if entries, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(entries) != 1 {
			t.Errorf("beside the folder there are %v, error %v", entries, err)
		}
	}
	if _, err := CreateFolder(dir); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a folder with files: error %v", err)
	}
}

// A kill leaves a folder under another name, which a later call does not need.
func TestFolderAfterAKill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "samples")
	killed, err := CreateFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := killed.Write("1", []byte("half")); err != nil {
		t.Fatal(err)
	}
	w, err := CreateFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write("1", []byte("one")), w.Publish()); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, map[string]string{"1": "one"})
	holds(t, dir+".part1", map[string]string{"1": "half"})
	if err := killed.Publish(); err == nil || !strings.Contains(err.Error(), "part1 is whole but cannot be renamed") {
		t.Errorf("published over a folder: error %v", err)
	}
	holds(t, dir, map[string]string{"1": "one"})
}

func TestFolderIsDiscarded(t *testing.T) {
	up := t.TempDir()
	w, err := CreateFolder(filepath.Join(up, "new", "samples"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write("a/1", []byte("one")), w.Discard()); err != nil {
		t.Fatal(err)
	}
	holds(t, up, nil)
	write(t, filepath.Join(up, "file"), "")
	if _, err := CreateFolder(filepath.Join(up, "file")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a file: error %v", err)
	}
	if _, err := CreateFolder(filepath.Join(up, "file", "below")); err == nil {
		t.Error("below a file: no error")
	}
}

func TestFolderOfFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	if err := WriteFolder(dir, map[string][]byte{"a": []byte("one"), "a/b": nil}); err == nil {
		t.Error("a file and a folder of one name: no error")
	}
	if _, err := os.Lstat(filepath.Dir(dir)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after a failure something is left: %v", err)
	}
	if err := WriteFolder(dir, map[string][]byte{"a": []byte("one"), "b": []byte("two")}); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, map[string]string{"a": "one", "b": "two"})
}
