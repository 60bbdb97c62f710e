package op_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"

	"github.com/gmel-go/gmel/kernels"
)

// withoutGradient are the ops that this package emits for values alone.
var withoutGradient = []kernels.Op{kernels.OpAttentionEntropy, kernels.OpOneHot, kernels.OpArgMax}

// TestEveryOpHasADerivative: the Programs of derivatives have every op that this package emits.
func TestEveryOpHasADerivative(t *testing.T) {
	reached := map[string]bool{}
	for _, f := range derivatives {
		b, loss, grads := differentiate(t, f)
		for _, d := range vm(t, b.g, append(G.Nodes{loss}, grads...)...).Program().Descs {
			reached[d.Op.String()] = true
		}
	}
	for _, o := range withoutGradient {
		reached[o.String()] = true
	}
	for name, file := range emitted(t) {
		if !reached[name] {
			t.Errorf("%s emits %s, but no derivative is tested with it: add a case to derivatives in nn/op/diff_test.go", file, name)
		}
	}
}

// emitted are the ops that the sources of this package name, with a file for each.
func emitted(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`kernels\.Op([A-Z]\w+)`).FindAllStringSubmatch(string(text), -1) {
			names[strings.ToLower(m[1])] = "nn/op/" + f
		}
	}
	if len(names) < 20 {
		t.Errorf("nn/op emits %d ops only: the test looks in the wrong place", len(names))
	}
	return names
}
