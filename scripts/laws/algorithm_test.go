package laws

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// isAlgorithm says that a folder is the package of an algorithm: below marl, but none of what they share.
func isAlgorithm(folder string) bool {
	name, ok := strings.CutPrefix(folder, "marl/")
	return ok && !slices.Contains([]string{"run", "marltest"}, name)
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

// namesAlgorithm says that an expression is the field Algo of something.
func namesAlgorithm(e ast.Expr) bool {
	x, ok := e.(*ast.SelectorExpr)
	return ok && x.Sel.Name == "Algo"
}

// isEmpty says that an expression is the empty text: the comparison asks whether there is a name.
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
