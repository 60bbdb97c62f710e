package sim

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoFusedMultiplyAdd is the law behind "the same bits on every device": in
// the files of the slot step every float32 product is rounded by an explicit
// float32(...), because Go may otherwise fuse it with an addition, even one in
// another statement. Products inside other products need no rounding of their
// own; nor do operands of divisions and comparisons, or constants.
func TestNoFusedMultiplyAdd(t *testing.T) {
	fset, files := token.NewFileSet(), []*ast.File(nil)
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	// Imports stay unresolved; the types of this package are enough.
	conf := types.Config{Error: func(error) {}}
	_, _ = conf.Check("sim", fset, files, info)
	products := 0
	for _, f := range files {
		switch fset.Position(f.Package).Filename {
		case "meter.go", "scenario.go", "validate.go", "simulate.go", "load.go":
			continue // float64 statistics and settings
		}
		for _, bad := range bareProducts(f, info, &products) {
			t.Errorf("%s: a float32 product without float32(...) around it", fset.Position(bad))
		}
	}
	if products < 40 {
		t.Errorf("only %d float32 products found; does the search still work?", products)
	}
}

// bareProducts returns the float32 products of a file that are not rounded.
func bareProducts(f *ast.File, info *types.Info, products *int) (bad []token.Pos) {
	var parents []ast.Node
	ast.Inspect(f, func(n ast.Node) bool {
		if n == nil {
			parents = parents[:len(parents)-1]
			return true
		}
		if isProduct(n, info) {
			*products++
			if !rounded(parents) {
				bad = append(bad, n.Pos())
			}
		}
		parents = append(parents, n)
		return true
	})
	return bad
}

// isProduct reports whether the node is a float32 multiplication that is not constant.
func isProduct(n ast.Node, info *types.Info) bool {
	e, ok := n.(*ast.BinaryExpr)
	if !ok || e.Op != token.MUL {
		return false
	}
	tv := info.Types[e]
	b, ok := tv.Type.(*types.Basic)
	return ok && b.Kind() == types.Float32 && tv.Value == nil
}

// rounded reports whether float32(...), another product, a quotient or a
// comparison encloses a product. A function call does not count, because
// inlining can remove it.
func rounded(parents []ast.Node) bool {
	for k := len(parents) - 1; k >= 0; k-- {
		switch p := parents[k].(type) {
		case *ast.ParenExpr, *ast.UnaryExpr:
			continue
		case *ast.BinaryExpr:
			return p.Op == token.MUL || p.Op == token.QUO || p.Op == token.LSS || p.Op == token.GEQ
		case *ast.CallExpr:
			name, ok := p.Fun.(*ast.Ident)
			return ok && name.Name == "float32"
		default:
			return false
		}
	}
	return false
}
