package emu

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// onDeviceOnly are sources that need a device because they measure it.
var onDeviceOnly = []string{"peak.cu"}

// TestEverySourceIsEmulated compares sources.cc with the folder. It runs without the emulation.
func TestEverySourceIsEmulated(t *testing.T) {
	text, err := os.ReadFile("sources.cc")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../gpu/cuda/*.cu")
	if err != nil || len(files) == 0 {
		t.Fatal("no sources in ../gpu/cuda", err)
	}
	for _, f := range files {
		if !slices.Contains(onDeviceOnly, filepath.Base(f)) && !strings.Contains(string(text), "#include \""+filepath.ToSlash(f)+"\"") {
			t.Errorf("kernels/emu/sources.cc does not include %s", filepath.ToSlash(f))
		}
	}
}
