package gmel_test

import (
	"go/ast"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// scripts/bundle/run.sh runs on borrowed machines, where it cannot be mended: what it asks for must exist.
func TestBundleAsksForWhatExists(t *testing.T) {
	var tests []string
	for _, s := range sources(t) {
		if s.test && s.folder == "kernels/gpu" {
			tests = append(tests, testsOf(s.tree)...)
		}
	}
	for _, pattern := range testPatterns(t, read(t, "scripts/bundle/run.sh")) {
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
