package run

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/nn/train"
)

// If the backend of the run is missing, the error names one that is present.
func TestResumeWithoutTheBackend(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	c := load(t, Sources{File: "../../cmd/gmel/testdata/tiny.yaml", Sets: []string{"train.backend=ref", "train.updates=2", "train.isa=go"}})
	if _, err := Train(t.Context(), c, train.Options{Out: dir}); err != nil {
		t.Fatal(err)
	}
	f := train.Folder(dir)
	own, err := os.ReadFile(f.File("config.yaml"))
	if err == nil {
		err = os.Remove(f.File(TableJSON)) // so that the run is not complete
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, missing := range []string{"backend: gpu", "backend: auto\n  device: gpu:1"} {
		other := bytes.Replace(own, []byte("backend: ref"), []byte(missing), 1)
		if strings.Contains(missing, "device") {
			other = bytes.Replace(other, []byte("  device: \"\"\n"), nil, 1)
		}
		if err := os.WriteFile(f.File("config.yaml"), other, 0o666); err != nil {
			t.Fatal(err)
		}
		_, err = Resume(t.Context(), dir, Sources{}, train.Options{})
		if !train.IsUsage(err) || !strings.Contains(err.Error(), "in fp32 every backend gives the same numbers: `gmel train --resume "+dir+" --backend ref` goes on") {
			t.Errorf("%s: %v", missing, err)
		}
		if got, err := os.ReadFile(f.File("config.yaml")); err != nil || !bytes.Equal(got, other) {
			t.Errorf("%s: config.yaml has changed, %v", missing, err)
		}
	}
	r, err := Resume(t.Context(), dir, Sources{Sets: []string{"train.backend=ref"}}, train.Options{})
	if err != nil || r.Table == nil || r.Resume != "gmel train --resume "+dir+" --backend ref" {
		t.Errorf("%+v, %v", r, err)
	}
}

// The device is kept if the requested backend has it; the instruction set is dropped.
func TestMovedSettings(t *testing.T) {
	f := train.Folder(t.TempDir())
	began := load(t, Sources{Sets: []string{"train.backend=auto", "train.device=gpu:1", "train.isa=sm_90"}})
	if err := os.WriteFile(f.File("config.yaml"), began.YAML(), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ asked, device, isa, command string }{
		{"auto", "gpu:1", "sm_90", ""},
		{"gpu", "gpu:1", "", " --backend gpu --device gpu:1"},
		{"gpu train.device=gpu:0", "gpu:0", "", " --backend gpu --device gpu:0"},
		{"auto train.device=gpu:0", "gpu:0", "sm_90", " --device gpu:0"},
		{"cpu", "", "", " --backend cpu"},
		{"cpu train.isa=avx2", "", "avx2", " --backend cpu"},
	} {
		own, err := folderConfig(f)
		if err != nil {
			t.Fatal(err)
		}
		c, err := goingOn(f, own, Sources{Sets: strings.Fields("train.backend=" + x.asked)})
		if err == nil {
			err = c.goesOnFrom(f, own)
		}
		if err != nil {
			t.Fatal(err)
		}
		if c.Train.Device != x.device || c.Train.ISA != x.isa {
			t.Errorf("%s: device %q, isa %q", x.asked, c.Train.Device, c.Train.ISA)
		}
		if got, want := movedFlags(own, c), x.command; got != want {
			t.Errorf("%s: %q", x.asked, got)
		}
	}
}
