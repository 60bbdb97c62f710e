package disk

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// smallDisk is the folder of a small file system, in the child that has it.
const smallDisk = "GMEL_TEST_SMALL_DISK"

func TestMain(m *testing.M) {
	dir := os.Getenv(smallDisk)
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := fillSmallDisk(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// A disk that is really full behaves like the simulated one. The test mounts a file system of 64 KiB in a name space of
// its own.
func TestSmallDisk(t *testing.T) {
	dir := t.TempDir()
	mount := exec.CommandContext(t.Context(), "unshare", "-rm", "sh", "-c", `mount -t tmpfs -o size=64k none "$1"`, "sh", dir)
	if out, err := mount.CombinedOutput(); err != nil {
		t.Skipf("no file system may be mounted here: %v %s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "-rm", "sh", "-c", `mount -t tmpfs -o size=64k none "$1" && exec "$2"`, "sh", dir, os.Args[0])
	cmd.Env = append(os.Environ(), smallDisk+"="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func fillSmallDisk(dir string) error {
	path := filepath.Join(dir, "a")
	if err := Write(path, []byte("old")); err != nil {
		return err
	}
	var full *FullError
	err := Write(path, make([]byte, 100_000))
	if !errors.As(err, &full) || full.Need != 100_000 || full.Free != 61_440 { // 15 pages of 4096 bytes are left
		return fmt.Errorf("a file larger than the disk: %w, %+v", err, full)
	}
	if data, err := os.ReadFile(path); err != nil || !bytes.Equal(data, []byte("old")) {
		return fmt.Errorf("the old file holds %q, %w", data, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		return fmt.Errorf("%d files, %w", len(entries), err)
	}
	p, err := Create(filepath.Join(dir, "b"))
	if err != nil {
		return err
	}
	if _, err = p.Write(make([]byte, 100_000)); !errors.Is(err, syscall.ENOSPC) || !errors.As(err, &full) {
		return fmt.Errorf("a part larger than the disk: %w", err)
	}
	if err := p.Discard(); err != nil {
		return err
	}
	return Write(path, make([]byte, 60_000))
}
