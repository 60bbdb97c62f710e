package kerneltest

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// place is a list in which every op needs an entry, in a file of its family.
type place struct {
	files string // a pattern, from this folder
	entry string // a regular expression for the entry of an op, with its name as a group
	what  string // name of the missing entry
	add   string // what to do about it; %s is the family
}

// places are the entries whose absence no compiler reports. Ops of the family control have none: interpreters run them.
var places = []place{
	{"../op_*.go", `(?m)^\t// Op(\w+): `, "formula", "write it above the code in kernels/op_%s.go"},
	{"../ref/*.go", `kernels\.Op(\w+): +\(\*op`, "reference", "add the method and its row to kernels/ref/%s.go"},
	{"../cpu/ops.h", `X\(\d+, (\w+), [1-9]`, "kernel for the cpu", "add a row to kernels/cpu/ops.h, for a function in a header that template.h includes"},
	{"../gpu/cuda/*.cu*", `(?:case|\.op [!=]=) OP_(\w+)`, "kernel for CUDA", "add a case to kernels/gpu/cuda/%s.cu"},
}

// entries are the names of the ops in a place, as in their Specs.
func (p *place) entries(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(p.files)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: %v", p.files, err)
	}
	names := map[string]bool{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(p.entry).FindAllStringSubmatch(string(text), -1) {
			names[strings.ToLower(strings.ReplaceAll(m[1], "_", ""))] = true
		}
	}
	return names
}

// lack is "" if names contains the op, else a sentence that says what the op of this family lacks.
func (p *place) lack(op, family string, names map[string]bool) string {
	if names[op] {
		return ""
	}
	add := p.add
	if strings.Contains(add, "%s") {
		add = fmt.Sprintf(add, family)
	}
	return fmt.Sprintf("%s has no %s: %s", op, p.what, add)
}

// familiesOf are the families of all ops, from the names of the files of their Specs.
func familiesOf(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../op_*.go")
	if err != nil {
		t.Fatal(err)
	}
	families := map[string]string{}
	for _, f := range files {
		codes := place{files: f, entry: `(?m)^\tOp(\w+) Op = \d+$`}
		for op := range codes.entries(t) {
			families[op] = strings.TrimSuffix(strings.TrimPrefix(path.Base(filepath.ToSlash(f)), "op_"), ".go")
		}
	}
	return families
}

// TestEveryOpIsComplete says for every op what is missing, and where to add it.
func TestEveryOpIsComplete(t *testing.T) {
	families := familiesOf(t)
	for _, op := range kernels.Ops() {
		if families[op.String()] == "" {
			t.Errorf("no kernels/op_*.go has the code of %s, or its constant has another name", op)
		}
	}
	for i := range places {
		names := places[i].entries(t)
		for _, op := range workOps() {
			if lack := places[i].lack(op.String(), families[op.String()], names); lack != "" {
				t.Error(lack)
			}
		}
	}
}

// TestCardsAreComplete: every op has a card, and cards have no empty fields.
func TestCardsAreComplete(t *testing.T) {
	families := familiesOf(t)
	for _, op := range workOps() {
		c := cards[op]
		for what, missing := range map[string]bool{
			"trials": c.trials == nil, "random shapes": c.random == nil, "mistakes": len(c.mistakes) == 0,
		} {
			if missing {
				t.Errorf("%s has no %s: add them to kernels/kerneltest/op_%s.go", op, what, families[op.String()])
			}
		}
	}
	if len(cards) != len(workOps()) {
		t.Errorf("%d cards for %d ops", len(cards), len(workOps()))
	}
}

// TestMissingEntriesAreNamed: for an op without any entry, every place is reported with its file.
func TestMissingEntriesAreNamed(t *testing.T) {
	for i, file := range []string{
		"kernels/op_image.go", "kernels/ref/image.go", "kernels/cpu/ops.h", "kernels/gpu/cuda/image.cu",
	} {
		lack := places[i].lack("rotate", "image", places[i].entries(t))
		if !strings.HasPrefix(lack, "rotate has no ") || !strings.Contains(lack, file) {
			t.Errorf("%q does not name %s", lack, file)
		}
	}
}

// The reference respects layout and guards, and is as precise as the op promises.
func TestReference(t *testing.T) {
	for _, op := range workOps() {
		newBench(trialsOf(op), 1000+uint64(op)).reference(t)
	}
}
