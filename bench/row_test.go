package bench

import (
	"strings"
	"testing"

	"github.com/gmel-go/gmel/nn/train"
)

// A build that kept no revision says so, and so does the report of rows from such a build.
func TestCommit(t *testing.T) {
	for want, changed := range map[string]bool{"0123456789ab": false, "0123456789ab-dirty": true} {
		if got := shortRevision("0123456789abcdef", changed); got != want {
			t.Errorf("commit %q, want %q", got, want)
		}
	}
	if got := shortRevision(train.UnknownRevision, false); got != "unknown" {
		t.Errorf("commit %q of a build without one", got)
	}
	for commit, want := range map[string]string{"": "commit unknown;", "0123456789ab": "commit 0123456789ab;"} {
		var b strings.Builder
		if machineLine(&b, []Row{{Commit: commit}}); !strings.Contains(b.String(), want) {
			t.Errorf("a report with commit %q says %q", commit, b.String())
		}
	}
}

// A row says whose floor its fraction is of: that of arithmetic, or that of a copy where traffic takes longer.
func TestFloorOf(t *testing.T) {
	for _, c := range []struct {
		row   Row
		floor float64
		of    string
	}{
		{Row{Flops: 100, PeakBefore: 10, PeakAfter: 20, PeakOf: "mma.sync bf16", Traffic: 8, Bandwidth: 2}, 5, "mma.sync bf16"},
		{Row{Flops: 100, PeakBefore: 100, PeakOf: "FMA", Traffic: 8, Bandwidth: 2}, 4, "copy"},
		{Row{Flops: 100, PeakBefore: 100, PeakOf: "FMA", Traffic: 8}, 1, "FMA"},
		{Row{Flops: 100, Traffic: 8}, 0, ""},
	} {
		r := c.row
		if r.findFloor(); r.Floor != c.floor || r.FloorOf != c.of {
			t.Errorf("%+v: floor %g of %q, want %g of %q", c.row, r.Floor, r.FloorOf, c.floor, c.of)
		}
	}
	r := Row{Name: "gemm", Seconds: 1, Fraction: 0.5, Floor: 1, FloorOf: "mma.sync bf16", PeakOf: "mma.sync bf16", PeakBefore: 2e9}
	if text := r.Title() + r.Text(); !strings.Contains(text, "peak of mma.sync bf16 2 GFLOP/s") || !strings.Contains(text, "50.0 % of the floor of mma.sync bf16") {
		t.Errorf("%s", text)
	}
}
