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
