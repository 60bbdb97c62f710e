package elsewhere

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/analysis/suite/vet"
	"golang.org/x/tools/go/packages"
)

// root is the folder of the program's module.
const root = "../.."

func TestVet(t *testing.T) {
	for _, x := range []struct {
		system, pattern string // GOOS/GOARCH
	}{
		{"darwin/arm64", "./..."},
		{"windows/amd64", "./..."},
		{"wasip1/wasm", "./marl/actor"},
	} {
		t.Run(x.system, func(t *testing.T) { check(t, x.system, x.pattern) })
	}
}

// check reports what go vet would report, tests included.
func check(t *testing.T, system, pattern string) {
	goos, goarch, _ := strings.Cut(system, "/")
	list, err := packages.Load(&packages.Config{
		Mode:  packages.LoadAllSyntax | packages.NeedModule,
		Dir:   root,
		Env:   append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off"),
		Tests: true,
	}, pattern)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 {
		t.Fatalf("%s has no packages for %s", pattern, system)
	}
	packages.Visit(list, nil, func(p *packages.Package) {
		for _, problem := range p.Errors {
			t.Error(problem)
		}
	})
	if t.Failed() {
		return
	}
	found, err := checker.Analyze(vet.Suite, list, nil)
	if err != nil {
		t.Fatal(err)
	}
	report(t, found)
}

// report lists what the analyzers say of the packages that were asked for.
func report(t *testing.T, found *checker.Graph) {
	t.Helper()
	for _, a := range found.Roots {
		if a.Err != nil {
			t.Errorf("%s: %v", a, a.Err)
		}
		for _, d := range a.Diagnostics {
			t.Errorf("%s: %s: %s", a.Package.Fset.Position(d.Pos), a.Analyzer.Name, d.Message)
		}
	}
}
