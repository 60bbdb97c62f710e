package gmel_test

import (
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// An include is to C what an import is to Go, but the compiler takes any path. So includes stay in their package, except for these.
// A package of C is the nearest folder above a file that has Go files.
var allowedIncludes = []struct{ from, to, reason string }{
	{"kernels/cpu", "kernels/slot.h", "the tensors of a slot are in the contract, and every backend and environment must agree on them"},
	{"kernels/gpu", "kernels/cpu/program.h", "the contract in C lies where most of its readers are: cgo sees changes in a package's own folder only"},
	{"kernels/emu", "kernels/gpu/cuda", "the emulation compiles the kernels of the GPU"},
	{"sim/engine", "kernels/slot.h", "the worlds are an environment of Programs"},
	{"sim/engine/cuda", "sim/engine", "the GPU plays with the C engine's functions for one IED or ES"},
	{"sim/engine/cuda", "kernels/gpu/cuda", "the game's kernel is written, launched and listed as those of kernels are"},
}

// include is one #include "...".
type include struct {
	file, from string // the file and its package
	to         string // the file that it names, from the root
}

// allowed returns the number of the exception, -1 for an include within its package, or false.
func (i include) allowed() (exception int, ok bool) {
	for n, a := range allowedIncludes {
		if i.from == a.from && below(i.to, a.to) {
			return n, true
		}
	}
	return -1, packageOf(path.Dir(i.to)) == i.from
}

func TestIncludesStayInTheirPackage(t *testing.T) {
	all, used := includes(t), map[int]bool{}
	if len(all) < 100 {
		t.Fatalf("only %d includes found: the law looks in the wrong place", len(all))
	}
	for _, i := range all {
		n, ok := i.allowed()
		if !ok {
			t.Errorf("%s includes %s, outside of package %s; an exception needs a line and a reason in allowedIncludes", i.file, i.to, i.from)
		}
		used[n] = true
	}
	for n, a := range allowedIncludes {
		if !used[n] {
			t.Errorf("nothing of %s includes %s any more", a.from, a.to)
		}
	}
}

// The law finds what it forbids.
func TestIncludeLawBites(t *testing.T) {
	for _, x := range []struct {
		file, text string
		ok         bool
	}{
		{"kernels/gpu/cuda/x.cu", `#include "../../../sim/engine/world.h"`, false},
		{"kernels/cpu/x.go", "/*\n #  include \"../../sim/engine/world.h\"\n*/\nimport \"C\"", false},
		{"sim/engine/x.h", `#include "../../kernels/cpu/program.h"`, false},
		{"sim/engine/x.h", `#include "world.h"`, true},
		{"sim/engine/cuda/x.cuh", `#include "../../../kernels/gpu/cuda/sort.cuh"`, true},
		{"kernels/gpu/cuda/emu/x.h", `#include "../gemm.cuh"`, true},
	} {
		all := includesOf(x.file, x.text)
		if len(all) != 1 {
			t.Errorf("%s: %d includes found in %s", x.file, len(all), x.text)
			continue
		}
		if _, ok := all[0].allowed(); ok != x.ok {
			t.Errorf("%s: %s is allowed: %t, want %t", x.file, x.text, ok, x.ok)
		}
	}
}

var includeLine = regexp.MustCompile(`(?m)^\s*(?://)?\s*#\s*include\s+"([^"]+)"`)

// includesOf finds the includes of a C source, or of the C in a Go file.
func includesOf(file, text string) (all []include) {
	folder := path.Dir(file)
	if strings.HasSuffix(file, ".go") && !strings.Contains(text, `import "C"`) {
		return nil
	}
	for _, m := range includeLine.FindAllStringSubmatch(text, -1) {
		all = append(all, include{file, packageOf(folder), path.Join(folder, m[1])})
	}
	return all
}

// packageOf is the nearest folder at or above one that has Go files.
func packageOf(folder string) string {
	for ; folder != "."; folder = path.Dir(folder) {
		if names, _ := filepath.Glob(filepath.Join(filepath.FromSlash(folder), "*.go")); names != nil {
			return folder
		}
	}
	return folder
}

// includes reads all C, CUDA and Go files of the module; tests and testdata may include what they like.
func includes(t *testing.T) (all []include) {
	t.Helper()
	for _, kind := range []string{".c", ".h", ".cc", ".cu", ".cuh", ".go"} {
		for _, name := range files(t, kind) {
			if !strings.HasSuffix(name, "_test.go") {
				all = append(all, includesOf(name, read(t, name))...)
			}
		}
	}
	return all
}
