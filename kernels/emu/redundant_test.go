//go:build ptx

package emu

import (
	"regexp"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels/ptx"
)

// redundant are barriers that nothing needs, by the C++ names of kernels and the file of the source, or its line. That of kernel.cuh is between
// tasks of a block. It stays in these kernels, see docs/design/ptx.md.
var redundant = []struct {
	kernels *regexp.Regexp
	source  string
	why     string
}{
	{regexp.MustCompile(`run_op<(rowwise|scatter_rows|check_finite|attention_grad_panels)\b`), "kernel.cuh", "there is no shared memory"},
	{regexp.MustCompile(`run_op<(transformed<.*)?(whole|split|tensor)_product<`), "kernel.cuh", "the last barrier of a product comes after the last read of its panels"},
	{regexp.MustCompile(`run_op<streamed_product<`), "kernel.cuh", "a product begins with barriers, before it brings a panel"},
	{regexp.MustCompile(`run_op<(sum_all|sample_rows|group_norm_param_grad|layer_norm_grad|at_once<.*)>`), "kernel.cuh", "the loop over shared memory ends with a barrier"},
	{regexp.MustCompile(`run_op<group_norm<`), "kernel.cuh", "sums of channels, which have barriers, come before the first write to a mean that the task before may still read"},
	{regexp.MustCompile(`run_op<attention(_grad)?_few<`), "kernel.cuh", "each panel begins with a barrier"},
	{regexp.MustCompile(`run_op<attention<`), "kernel.cuh", "barriers of a product come before the first write to what the task before may still read"},
	{regexp.MustCompile(`run_op<attention_grad<`), "kernel.cuh", "a weighted sum ends with a barrier, and the numbers of rows are written after those of a product"},
	{regexp.MustCompile(`run_op<attention_grad<`), "attention.cuh:103", "barriers of a product come before the next sum; attention needs it"},
}

// excuseOf is the place in redundant of what excuses a barrier of an entry, counted from 0; -1 if it is not known to be redundant.
func excuseOf(e *ptx.Entry, barrier int) int {
	name, source := Demangle(e.Name), e.BarrierSource(barrier+1)
	file, _, _ := strings.Cut(source, ":")
	for i, r := range redundant {
		if (r.source == file || r.source == source) && r.kernels.MatchString(name) {
			return i
		}
	}
	return -1
}

// excuse says why a barrier of an entry, counted from 0, is redundant; "" if it is not known to be.
func excuse(e *ptx.Entry, barrier int) string {
	if i := excuseOf(e, barrier); i >= 0 {
		return redundant[i].why
	}
	return ""
}

// checkExcuses reports what is listed as redundant and is in no kernel any more.
func checkExcuses(t *testing.T, list []*ptx.Entry) {
	t.Helper()
	used := make([]bool, len(redundant))
	for _, e := range list {
		for b := range e.Barriers() {
			if i := excuseOf(e, b); i >= 0 {
				used[i] = true
			}
		}
	}
	for i, r := range redundant {
		if !used[i] {
			t.Errorf("no kernel %s has a barrier at %s, which is listed as redundant (%s)", r.kernels, r.source, r.why)
		}
	}
}

// excused are the numbers of an entry's barriers that are redundant, from 1.
func excused(e *ptx.Entry) (list []int) {
	for b := range e.Barriers() {
		if excuse(e, b) != "" {
			list = append(list, b+1)
		}
	}
	return list
}

// enough reports that each barrier of an entry is needed or known to be redundant.
func enough(e *ptx.Entry, needed []bool) bool {
	for b, is := range needed {
		if !is && excuse(e, b) == "" {
			return false
		}
	}
	return true
}

// checkNeeds reports barriers that nothing needs, and needed ones that are listed as redundant.
func checkNeeds(t *testing.T, e *ptx.Entry, needed []bool) {
	t.Helper()
	for b, is := range needed {
		switch why := excuse(e, b); {
		case !is && why == "":
			t.Errorf("%s: nothing needs barrier %d at %s", Demangle(e.Name), b+1, e.BarrierSource(b+1))
		case is && why != "":
			t.Errorf("%s: barrier %d at %s is listed as redundant (%s), but something needs it", Demangle(e.Name), b+1, e.BarrierSource(b+1), why)
		}
	}
}
