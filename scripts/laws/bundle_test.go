package laws

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// scripts/bundle/run.sh runs where nobody edits it: what it asks for must exist.
func TestBundleAsksForWhatExists(t *testing.T) {
	script, err := os.ReadFile("../bundle/run.sh")
	if err != nil {
		t.Fatal(err)
	}
	var tests []string
	files, err := filepath.Glob("../../kernels/gpu/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := parse("kernels/gpu/"+filepath.Base(name), text)
		if err != nil {
			t.Fatal(err)
		}
		tests = append(tests, testsOf(s.tree)...)
	}
	for _, pattern := range testPatterns(t, string(script)) {
		top, _, _ := strings.Cut(pattern, "/")
		if !slices.ContainsFunc(tests, regexp.MustCompile(top).MatchString) {
			t.Errorf("run.sh asks for tests %s, of which kernels/gpu has none", top)
		}
	}
}

func testsOf(tree *ast.File) (names []string) {
	for _, d := range tree.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && strings.HasPrefix(f.Name.Name, "Test") {
			names = append(names, f.Name.Name)
		}
	}
	return names
}

// testPatterns are the alternatives of all patterns of tests in a script.
func testPatterns(t *testing.T, script string) (all []string) {
	for _, m := range regexp.MustCompile(`'(Test[^']*)'`).FindAllStringSubmatch(script, -1) {
		all = append(all, strings.Split(m[1], "|")...)
	}
	if len(all) < 5 {
		t.Fatalf("only the patterns %v found in run.sh", all)
	}
	return all
}
