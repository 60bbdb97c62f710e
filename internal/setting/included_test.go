package setting

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// machine has parts that may each be a file.
type machine struct {
	Parts []part `yaml:"parts"`
}

type part struct {
	Table tabled `yaml:"table,omitempty"`
}

type tabled struct {
	Rows [][]float64 `yaml:"rows,flow,omitempty"`
	Size int         `yaml:"size,omitempty"`
}

func (tabled) Included() {}

func (m *machine) Check(c *Checker) {
	for i, p := range m.Parts {
		c.Count(entryOf("parts", i)+".table.size", p.Table.Size, 1, 9)
	}
}

// readMachine reads in/m.yaml, and a flag.
func readMachine(t *testing.T, files map[string]string, sets ...string) (*machine, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, []byte(text), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	m, r := &machine{}, NewReader()
	errs := []error{r.File("in/m.yaml")}
	for _, s := range sets {
		errs = append(errs, r.Set(s))
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	r.Read(Section{Name: "m", Value: m})
	return m, r.Check()
}

// The keys of a file become part of the document, whether a file or a flag names it.
func TestIncluded(t *testing.T) {
	files := map[string]string{
		"in/m.yaml": "m:\n  parts:\n    - table: t.yaml\n    - table: {size: 2}\n", "in/t.yaml": "rows: [[1, 2], [3]]\nsize: 3\n", "t.yaml": "size: 4\n",
	}
	m, err := readMachine(t, files)
	if err != nil || len(m.Parts) != 2 || m.Parts[0].Table.Size != 3 || m.Parts[0].Table.Rows[1][0] != 3 || m.Parts[1].Table.Size != 2 {
		t.Fatalf("%+v, %v", m, err)
	}
	if text := string(Text(Encode([]Section{{Name: "m", Value: m}}), 2)); !strings.Contains(text, "rows: [[1, 2], [3]]") || strings.Contains(text, "t.yaml") {
		t.Errorf("the document is written as\n%s", text)
	}
	m, err = readMachine(t, files, "m.parts[0].table=t.yaml", "m.parts[1].table.size=5")
	if err != nil || m.Parts[0].Table.Size != 4 || m.Parts[0].Table.Rows != nil || m.Parts[1].Table.Size != 5 {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestIncludedFaults(t *testing.T) {
	const named = "m:\n  parts:\n    - table: t.yaml\n"
	for _, c := range []struct{ document, table, want string }{
		{named, "rows: []\nsize: 0\n", "in/t.yaml:2: m.parts[0].table.size: 0 is not allowed; allowed: a whole number from 1 to 9"},
		{named, "\nsizes: 1\n", "in/t.yaml:2: m.parts[0].table.sizes: unknown key; did you mean size?"},
		{named, "\nsize: many\n", "in/t.yaml:2: m.parts[0].table.size: \"many\" is not a whole number"},
		{named, "a: [\n", "in/t.yaml:"},
		{named, "", "in/m.yaml:3: m.parts[0].table: in/t.yaml is empty; allowed: rows, size"},
		{named, "[1]\n", "in/t.yaml:1: m.parts[0].table: a list stands where settings are expected: rows, size"},
		{"m:\n  parts:\n    - table: u.yaml\n", "", "in/m.yaml:3: m.parts[0].table: there is no file in/u.yaml; allowed: the name of a file, or its keys"},
		{"m:\n  parts:\n    - table: [1]\n", "", "in/m.yaml:3: m.parts[0].table: a list stands where settings are expected"},
	} {
		_, err := readMachine(t, map[string]string{"in/m.yaml": c.document, "in/t.yaml": c.table})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.table, err, c.want)
		}
	}
}

func TestIncludedSchema(t *testing.T) {
	text := Schema("t", []Section{{Name: "m", Value: &machine{}}})
	compact := strings.Join(strings.Fields(string(text)), "")
	if !json.Valid(text) || !strings.Contains(compact, `"type":["object","null","string"]`) {
		t.Errorf("no name of a file in %s", text)
	}
}
