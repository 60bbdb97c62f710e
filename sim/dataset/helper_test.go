package dataset

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/sim"
	"github.com/gmel-go/gmel/sim/dataset/sample"
	"go.yaml.in/yaml/v3"
)

// put writes a file into a new folder and returns its path.
func put(t *testing.T, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// imported imports files, given by name and text in turns.
func imported(t *testing.T, format string, o Options, files ...string) *Imported {
	t.Helper()
	im, err := importText(t, format, o, files...)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

func importText(t *testing.T, format string, o Options, files ...string) (*Imported, error) {
	t.Helper()
	var paths []string
	for i := 0; i < len(files); i += 2 {
		paths = append(paths, put(t, files[i], []byte(files[i+1])))
	}
	return Import(format, paths, o)
}

// samples returns the names and texts of samples, in turns.
func samples(names ...string) (files []string) {
	all := sample.Files()
	for _, name := range names {
		files = append(files, name, string(all[name]))
	}
	return files
}

// scenario reads the YAML as it is, without defaults and bounds.
func scenario(t *testing.T, im *Imported) *sim.Scenario {
	t.Helper()
	s := new(sim.Scenario)
	if err := yaml.Unmarshal(im.Scenario, s); err != nil {
		t.Fatalf("%v\n%s", err, im.Scenario)
	}
	return s
}

func gzipped(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tarred(t *testing.T, name string, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))})
	if err == nil {
		_, err = w.Write(text)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// said fails unless a line of the report has all words.
func said(t *testing.T, r *Report, words ...string) {
	t.Helper()
	has := func(line string) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) })
	}
	if !slices.ContainsFunc(strings.Split(r.String(), "\n"), has) {
		t.Errorf("no line has %q in\n%s", words, r)
	}
}

// refused fails unless the error has all words, on one line each.
func refused(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one with %q", words)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q is not in\n%v", w, err)
		}
	}
}
