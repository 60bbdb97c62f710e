package run

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
)

// A stopped run whose checkpoint does not fit on the disk returns an error, and the checkpoint before
// remains.
func TestInterruptedOnFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	c := load(t, Sources{File: "../../cmd/gmel/testdata/tiny.yaml", Sets: []string{"train.backend=ref"}})
	dir := filepath.Join(t.TempDir(), "run")
	stopped, stop := context.WithCancel(context.Background())
	r, err := Train(stopped, c, train.Options{Out: dir, Progress: func(train.Status) { stop() }}) // after the first evaluation
	if err != nil || !r.Interrupted {
		t.Fatalf("%+v, %v", r, err)
	}
	path := r.Folder.File("checkpoints", "latest.safetensors")
	before, err := checkpoint.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", path+checkpoint.TempSuffix); err != nil {
		t.Fatal(err)
	}
	r, err = Resume(stopped, dir, Sources{}, train.Options{})
	if r.Interrupted || !errors.Is(err, syscall.ENOSPC) || strings.Contains(err.Error(), "\n") {
		t.Fatalf("%+v, %v", r, err)
	}
	after, err := checkpoint.Read(path)
	if err != nil || after.Meta["update"] != before.Meta["update"] {
		t.Errorf("%v, update %s", err, after.Meta["update"])
	}
}
