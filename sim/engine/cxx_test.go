package engine

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestHeadersAreCxx compiles the step as strict C++17, as GPU compilers do. So the headers may not use
// designated initialisers, implicit conversions of void*, variable-length arrays or vector extensions.
func TestHeadersAreCxx(t *testing.T) {
	compiler, err := exec.LookPath("g++")
	if err != nil {
		t.Skip("there is no g++ to compile the headers as C++")
	}
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	unit := filepath.Join(t.TempDir(), "unit.cc")
	text := "#define WORLD_ISA gmel_world_cxx\n#define WORLD_ISA_NAME \"c++\"\n#include \"world_isa.h\"\n#include \"world_play.h\"\n"
	if err := os.WriteFile(unit, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(compiler, "-x", "c++", "-std=c++17", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I", here, unit).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
