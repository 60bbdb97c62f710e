// Package gmel_test holds what is true of the whole repository, as tests: the laws of the architecture
// (arch_*_test.go), the documents for strangers (docs_test.go, contributing_test.go), the script of the GPU
// bundle (bundle_test.go), the whole check (ci_test.go). They read the source of every file, whatever its build tags, and need no build.
package gmel_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/gmel-go/gmel"

// source is one Go file.
type source struct {
	name    string // from the repository's root, with slashes
	folder  string
	test    bool
	imports []string
	tree    *ast.File
}

// law forbids something; broken returns a description of a violation, or "".
type law struct {
	name, reason string
	broken       func(*source) string
}

var laws = []law{
	{
		"only nn and below import gorgonia",
		"networks are described in one place; above it a graph is a parameter list and a Program, so gorgonia can be replaced",
		func(s *source) string { return imports(s, !below(s.folder, "nn"), "gorgonia.org/gorgonia") },
	},
	{
		"only kernels/cpu, kernels/gpu, kernels/emu, sim/engine, which is the C engine, cmd/libgmel, which C calls, and the one file that calls MPI use cgo or unsafe",
		"CGO_ENABLED=0 must build everything else, and memory faults must be confined to the backends, to MPI and to the one command that is a C library",
		func(s *source) string {
			confined := below(s.folder, "kernels/cpu") || below(s.folder, "kernels/gpu") || below(s.folder, "kernels/emu") ||
				below(s.folder, "sim/engine") || below(s.folder, "cmd/libgmel") || s.name == "kernels/comm/mpi.go"
			return imports(s, !confined, "C", "unsafe")
		},
	},
	{
		"sim imports neither nn nor marl",
		"the game must not know who plays it: heuristics and learned policies meet the same interface",
		func(s *source) string {
			return imports(s, below(s.folder, "sim") && !s.test, module+"/nn", module+"/marl")
		},
	},
	{
		"nn/train imports neither marl nor sim",
		"a run is the same thing for everything that is trained: what only agents need would bind all other jobs",
		func(s *source) string { return imports(s, below(s.folder, "nn/train"), module+"/marl", module+"/sim") },
	},
	{
		"nothing imports kernels/gpu but cmd",
		"the GPU is chosen at the edge, so that all else builds, runs and is tested without one",
		func(s *source) string {
			return imports(s, !below(s.folder, "cmd") && !below(s.folder, "kernels/gpu"), module+"/kernels/gpu")
		},
	},
	{
		"nothing imports the cpu backend but cmd and tests",
		"a library user chooses the backends that are linked in; a hidden import would force cgo on all",
		func(s *source) string {
			return imports(s, !s.test && !below(s.folder, "cmd") && !below(s.folder, "kernels") && !below(s.folder, "bench"), module+"/kernels/cpu")
		},
	},
	{
		"kernels imports the standard library only",
		"the contract between networks and devices must not drag either side in",
		func(s *source) string {
			if s.folder != "kernels" || s.test {
				return ""
			}
			for _, i := range s.imports {
				if strings.Contains(strings.Split(i, "/")[0], ".") {
					return "imports " + i
				}
			}
			return ""
		},
	},
	{
		"log, fmt.Print and os.Exit only in cmd",
		"a library reports by returned errors; its caller owns the terminal and the process",
		func(s *source) string {
			if s.test || below(s.folder, "cmd") {
				return ""
			}
			if text := imports(s, true, "log"); text != "" {
				return text
			}
			return calls(s, "fmt.Print", "fmt.Printf", "fmt.Println", "os.Exit", "builtin.print", "builtin.println", "os.Stdout", "os.Stderr")
		},
	},
	{
		"no shared generator in sim, nn and marl",
		"every number of a run follows from its seed; a generator that seeds itself ends that",
		func(s *source) string {
			if s.test || !below(s.folder, "sim") && !below(s.folder, "nn") && !below(s.folder, "marl") {
				return ""
			}
			if slices.Contains(s.imports, "math/rand") {
				return "imports math/rand"
			}
			return calls(s, "rand.N", "rand.Int", "rand.IntN", "rand.Int32", "rand.Int32N", "rand.Int64", "rand.Int64N",
				"rand.Uint", "rand.UintN", "rand.Uint32", "rand.Uint32N", "rand.Uint64", "rand.Uint64N",
				"rand.Float64", "rand.Float32", "rand.Perm", "rand.Shuffle", "rand.NormFloat64", "rand.ExpFloat64")
		},
	},
	{
		"internal/setting imports nothing of the module",
		"the reader of settings must not know whose settings it reads, so that the game and every kind of run can use it",
		func(s *source) string {
			return imports(s, below(s.folder, "internal/setting"), module+"/kernels", module+"/nn", module+"/marl", module+"/sim", module+"/bench", module+"/cmd")
		},
	},
	{
		"only internal/setting reads YAML",
		"one reader means one meaning of a text, and every fault gets its file and line; the others only write YAML",
		func(s *source) string {
			if s.test || below(s.folder, "internal/setting") {
				return ""
			}
			return calls(s, "yaml.Unmarshal", "yaml.NewDecoder")
		},
	},
	{
		"only internal/disk makes and replaces files",
		"one writer means that no file is ever half written, and that a full disk is one sentence with the bytes that are needed and free",
		func(s *source) string {
			if s.test || below(s.folder, "internal/disk") {
				return ""
			}
			return calls(s, "os.Create", "os.CreateTemp", "os.WriteFile")
		},
	},
	{
		"only cmd, bench, tests and other algorithms import an algorithm",
		"an algorithm is a package that registers itself; marl, a run and its commands must work for every one of them, also for the next",
		func(s *source) string {
			if s.test || below(s.folder, "cmd") || below(s.folder, "bench") || isAlgorithm(s.folder) {
				return ""
			}
			for _, i := range s.imports {
				if folder, ok := strings.CutPrefix(i, module+"/"); ok && isAlgorithm(folder) {
					return "imports " + i
				}
			}
			return ""
		},
	},
	{
		"nothing outside of tests asks which algorithm a run has",
		"what differs between algorithms is a method of marl.Algorithm, Learner or Section; a condition on the name, or a tag with it, is a place that the next algorithm must know",
		func(s *source) string {
			if s.test {
				return ""
			}
			return asksForAlgorithm(s)
		},
	},
}

func TestLaws(t *testing.T) {
	files := sources(t)
	if len(files) < 50 {
		t.Fatalf("only %d files found: the laws look in the wrong place", len(files))
	}
	for _, l := range laws {
		t.Run(l.name, func(t *testing.T) {
			for _, s := range files {
				if text := l.broken(s); text != "" {
					t.Errorf("%s %s\nlaw: %s\nreason: %s", s.name, text, l.name, l.reason)
				}
			}
		})
	}
}

// Each law finds what it forbids.
func TestLawsBite(t *testing.T) {
	for n, bad := range [][2]string{
		{"marl/x.go", `package x; import _ "gorgonia.org/gorgonia"`},
		{"sim/x.go", `package x; import _ "unsafe"`},
		{"sim/x.go", `package x; import _ "github.com/gmel-go/gmel/nn/op"`},
		{"nn/train/record/x_test.go", `package x; import _ "github.com/gmel-go/gmel/sim"`},
		{"marl/x.go", `package x; import _ "github.com/gmel-go/gmel/kernels/gpu"`},
		{"marl/x.go", `package x; import _ "github.com/gmel-go/gmel/kernels/cpu"`},
		{"kernels/x.go", `package x; import _ "gonum.org/v1/gonum/stat"`},
		{"nn/x.go", `package x; import f "fmt"; func g() { f.Println() }`},
		{"sim/x.go", `package x; import "math/rand/v2"; var _ = rand.IntN(3)`},
		{"internal/setting/x.go", `package x; import _ "github.com/gmel-go/gmel/sim"`},
		{"sim/x.go", `package x; import "go.yaml.in/yaml/v3"; var _ = yaml.Unmarshal`},
		{"nn/x.go", `package x; import "os"; var _ = os.WriteFile`},
		{"marl/run/x.go", `package x; import _ "github.com/gmel-go/gmel/marl/ppo"`},
		{"marl/run/x.go", `package x; func f(c struct{ Algo string }) bool { return c.Algo == "amarl" }`},
	} {
		s, err := parse(bad[0], []byte(bad[1]))
		if err != nil {
			t.Fatal(err)
		}
		if laws[n].broken(s) == "" {
			t.Errorf("%q lets %s pass", laws[n].name, bad[1])
		}
	}
}

// sources parses all Go files of the module.
func sources(t *testing.T) (all []*source) {
	t.Helper()
	for _, name := range files(t, ".go") {
		s, err := parse(name, []byte(read(t, name)))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

func parse(name string, text []byte) (*source, error) {
	tree, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
	if err != nil {
		return nil, err
	}
	s := &source{name: name, folder: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), tree: tree}
	for _, i := range tree.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return nil, err
		}
		s.imports = append(s.imports, p)
	}
	return s, nil
}

// below reports whether folder is top or inside it.
func below(folder, top string) bool { return folder == top || strings.HasPrefix(folder, top+"/") }

// imports names the first import that is one of the forbidden or inside it.
func imports(s *source, applies bool, forbidden ...string) string {
	for _, i := range s.imports {
		for _, f := range forbidden {
			if applies && below(i, f) {
				return "imports " + i
			}
		}
	}
	return ""
}

// version is the end of the import path of a later major version of a module.
var version = regexp.MustCompile(`/v[0-9]+$`)

// calls names the first use of a forbidden package-level function, written
// package.Function by the last element of the import path, however imported.
func calls(s *source, forbidden ...string) (found string) {
	names := map[string]string{}
	for n, i := range s.tree.Imports {
		base := path.Base(version.ReplaceAllString(s.imports[n], ""))
		local := base
		if i.Name != nil {
			local = i.Name.Name
		}
		names[local] = base
	}
	ast.Inspect(s.tree, func(n ast.Node) bool {
		text := ""
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Obj == nil && names[x.Name] != "" {
				text = names[x.Name] + "." + n.Sel.Name
			}
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && f.Obj == nil {
				text = "builtin." + f.Name
			}
		}
		for _, f := range forbidden {
			if text == f && found == "" {
				found = fmt.Sprintf("uses %s", strings.TrimPrefix(f, "builtin."))
			}
		}
		return true
	})
	return found
}
