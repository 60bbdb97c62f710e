//go:build ptx

package emu

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels/ptx"
)

// finding is what a survey has found out about the barriers of an entry, a line of the file of findings.
type finding struct {
	Kernel   string
	Digest   string
	Barriers []barrier
}

// barrier is one of them, with the numbers of cases and launches on which it was left out. No case comes to it if these are 0.
type barrier struct {
	Source   string
	MissedBy string // a case, or ""
	Cases    int
	Launches int
}

func newFinding(e *ptx.Entry) *finding {
	f := &finding{Demangle(e.Name), fmt.Sprintf("%016x", e.Digest()), make([]barrier, e.Barriers())}
	for i := range f.Barriers {
		f.Barriers[i].Source = e.BarrierSource(i + 1)
	}
	return f
}

// note adds what a survey of one case has seen.
func (f *finding) note(x *surveyed, by string) {
	for i := range f.Barriers {
		b := &f.Barriers[i]
		if !b.open() || x.launches[i] == 0 {
			continue
		}
		b.Cases++
		b.Launches += x.launches[i]
		if x.missed[i] {
			b.MissedBy = by
		}
	}
}

func (f *finding) summary() string {
	missed := 0
	for _, b := range f.Barriers {
		if b.MissedBy != "" {
			missed++
		}
	}
	return fmt.Sprintf("%d of %d barriers are missed", missed, len(f.Barriers))
}

// redundant are barriers that nothing misses, by the C++ names of kernels and the file of the source, or its line. That of kernel.cuh is between
// tasks of a block. It stays in these kernels, see docs/design/ptx.md.
var redundant = []struct {
	kernels *regexp.Regexp
	source  string
	why     string
}{
	{regexp.MustCompile(`run_op<(rowwise|scatter_rows|check_finite)\b`), "kernel.cuh", "there is no shared memory"},
	{regexp.MustCompile(`run_op<(transformed<.*)?(whole|split|tensor)_product<`), "kernel.cuh", "the last barrier of a product comes after the last read of its panels"},
	{regexp.MustCompile(`run_op<(sum_all|sample_rows|group_norm_param_grad|layer_norm_grad)>`), "kernel.cuh", "the loop over shared memory ends with a barrier"},
	{regexp.MustCompile(`run_op<group_norm<`), "kernel.cuh", "sums of channels, which have barriers, come before the first write to a mean that the task before may still read"},
	{regexp.MustCompile(`run_op<group_norm_grad<`), "norm.cu:71", "a thread reads the sums that it wrote, until the next barrier; group_norm needs it"},
	{regexp.MustCompile(`run_op<attention(_grad)?_few<`), "kernel.cuh", "each panel begins with a barrier"},
	{regexp.MustCompile(`run_op<attention<`), "kernel.cuh", "barriers of a product come before the first write to what the task before may still read"},
}

// excuse says why a barrier of the kernel is redundant; "" if it is not known to be.
func (f *finding) excuse(b barrier) string {
	file, _, _ := strings.Cut(b.Source, ":")
	for _, r := range redundant {
		if (r.source == file || r.source == b.Source) && r.kernels.MatchString(f.Kernel) {
			return r.why
		}
	}
	return ""
}

// check reports barriers that nothing misses, and needed ones that are listed as redundant.
func (f *finding) check(t *testing.T) {
	t.Helper()
	for i, b := range f.Barriers {
		switch excuse := f.excuse(b); {
		case b.MissedBy == "" && b.Launches == 0:
			t.Errorf("%s: no case comes to barrier %d at %s", f.Kernel, i+1, b.Source)
		case b.MissedBy == "" && excuse == "":
			t.Errorf("%s: nothing misses barrier %d at %s, on %d launches", f.Kernel, i+1, b.Source, b.Launches)
		case b.MissedBy != "" && excuse != "":
			t.Errorf("%s: barrier %d at %s is listed as redundant (%s), but %s misses it", f.Kernel, i+1, b.Source, excuse, b.MissedBy)
		}
	}
}

// findings are those of all entries so far.
type findings struct {
	path string // "": they are not kept
	all  []*finding
}

// readFindings reads a file of findings; one that does not exist has none.
func readFindings(t *testing.T, path string) *findings {
	t.Helper()
	found := &findings{path: path}
	file, err := os.Open(path)
	if path == "" || errors.Is(err, fs.ErrNotExist) {
		return found
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines := json.NewDecoder(bufio.NewReader(file)); lines.More(); {
		f := new(finding)
		if err := lines.Decode(f); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		found.all = append(found.all, f)
	}
	return found
}

// of is the finding of an entry, or nil if there is none of these instructions.
func (s *findings) of(e *ptx.Entry) *finding {
	digest := fmt.Sprintf("%016x", e.Digest())
	i := slices.IndexFunc(s.all, func(f *finding) bool { return f.Digest == digest && f.Kernel == Demangle(e.Name) })
	if i < 0 {
		return nil
	}
	return s.all[i]
}

// add keeps a finding.
func (s *findings) add(t *testing.T, f *finding) {
	t.Helper()
	s.all = append(s.all, f)
	if s.path == "" {
		return
	}
	line, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(s.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.Write(append(line, '\n'))
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
}
