package gmel_test

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// isAlgorithm reports that a folder is the package of an algorithm: below marl, but not a shared package.
func isAlgorithm(folder string) bool {
	name, ok := strings.CutPrefix(folder, "marl/")
	name, _, _ = strings.Cut(name, "/")
	return ok && !slices.Contains([]string{"actor", "export", "run", "marltest", "serve"}, name)
}

// asksForAlgorithm returns the first condition on, or tag with, the name of an algorithm; "": none.
func asksForAlgorithm(s *source) (found string) {
	ast.Inspect(s.tree, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.BinaryExpr:
			asks := namesAlgorithm(x.X) && !isEmpty(x.Y) || namesAlgorithm(x.Y) && !isEmpty(x.X)
			if asks && (x.Op == token.EQL || x.Op == token.NEQ) {
				found = "compares the name of an algorithm"
			}
		case *ast.SwitchStmt:
			if x.Tag != nil && namesAlgorithm(x.Tag) {
				found = "switches on the name of an algorithm"
			}
		case *ast.Field:
			if x.Tag != nil && strings.Contains(x.Tag.Value, `algo:"`) {
				found = "has a tag " + x.Tag.Value
			}
		}
		return found == ""
	})
	return found
}

// namesAlgorithm reports that an expression is a field Algo.
func namesAlgorithm(e ast.Expr) bool {
	x, ok := e.(*ast.SelectorExpr)
	return ok && x.Sel.Name == "Algo"
}

// isEmpty reports that an expression is the empty text: comparing with it only asks whether there is a name.
func isEmpty(e ast.Expr) bool {
	x, ok := e.(*ast.BasicLit)
	return ok && x.Value == `""`
}

func TestConditionsOnAlgorithmsAreFound(t *testing.T) {
	for text, want := range map[string]bool{
		`package x; func f(c T) { switch c.Algo { case "a": } }`:             true,
		`package x; func f(c T) bool { return "a" != c.Algo }`:               true,
		"package x; type T struct { Batch int `yaml:\"batch\" algo:\"a\"` }": true,
		`package x; func f(c T) bool { return c.Algo != "" }`:                false,
		`package x; func f(c T) string { return c.Algo }`:                    false,
		"package x; type T struct { Algo string `yaml:\"algo\"` }":           false,
	} {
		s, err := parse("marl/x.go", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := asksForAlgorithm(s); (got != "") != want {
			t.Errorf("%s: %q", text, got)
		}
	}
}

// conforms is what marltest asks of every algorithm.
const conforms = "marltest.Conforms"

// Every algorithm is linked into gmel by one file, and its tests ask for conformance.
func TestAlgorithmsAreLinkedAndChecked(t *testing.T) {
	done := map[string]bool{} // "linked FOLDER" or "marltest.Conforms FOLDER"
	var algorithms []string
	for _, s := range sources(t) {
		for _, i := range s.imports {
			if s.name == "cmd/gmel/algorithms.go" {
				done["linked "+strings.TrimPrefix(i, module+"/")] = true
			}
		}
		if !isAlgorithm(s.folder) {
			continue
		}
		if !s.test && calls(s, "marl.Register") != "" {
			algorithms = append(algorithms, s.folder)
		}
		if s.test && calls(s, conforms) != "" {
			done[conforms+" "+s.folder] = true
		}
	}
	if len(algorithms) < 3 {
		t.Fatalf("only %q found: the test looks in the wrong place", algorithms)
	}
	for _, a := range algorithms {
		if !done["linked "+a] {
			t.Errorf("cmd/gmel/algorithms.go does not import %s, so gmel train --algo does not know it", a)
		}
		if !done[conforms+" "+a] {
			t.Errorf("no test of %s calls %s, as marl/ippo/ippo_test.go does", a, conforms)
		}
	}
}

// The program names an algorithm once, as the default of a run: whatever else has the name in it (a condition, a
// table, a prefix) is a place that the next algorithm must know. Benchmarks measure certain algorithms and name them.
func TestProgramNamesOneAlgorithm(t *testing.T) {
	files := sources(t)
	var names []string
	for _, s := range files {
		if isAlgorithm(s.folder) && !s.test && calls(s, "marl.Register") != "" {
			names = append(names, returned(s, "Name")...)
		}
	}
	if len(names) < 3 {
		t.Fatalf("only %q found: the test looks in the wrong place", names)
	}
	var named []string
	for _, s := range files {
		if s.test || isAlgorithm(s.folder) || below(s.folder, "bench") {
			continue
		}
		for _, x := range literals(s.tree) {
			if slices.Contains(names, x) {
				named = append(named, s.name+": "+x)
			}
		}
	}
	if want := []string{"marl/config.go: amarl"}; !slices.Equal(named, want) {
		t.Errorf("algorithms are named in %q, want %q: what differs between them is a method of marl.Algorithm, Learner or Section", named, want)
	}
}

// returned are the texts in a method.
func returned(s *source, method string) (texts []string) {
	for _, d := range s.tree.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.Name == method {
			texts = append(texts, literals(f)...)
		}
	}
	return texts
}

// literals are the texts below a node.
func literals(n ast.Node) (texts []string) {
	ast.Inspect(n, func(n ast.Node) bool {
		if x, ok := n.(*ast.BasicLit); ok && x.Kind == token.STRING {
			if text, err := strconv.Unquote(x.Value); err == nil {
				texts = append(texts, text)
			}
		}
		return true
	})
	return texts
}
