package bench

import (
	"runtime/debug"
	"strings"
	"testing"
)

// A build that kept no revision says so, and so does the report of rows from such a build.
func TestCommit(t *testing.T) {
	revision := debug.BuildSetting{Key: "vcs.revision", Value: "0123456789abcdef"}
	changed := debug.BuildSetting{Key: "vcs.modified", Value: "true"}
	for want, settings := range map[string][]debug.BuildSetting{
		"unknown": {{Key: "CGO_ENABLED", Value: "1"}}, "0123456789ab": {revision}, "0123456789ab-dirty": {revision, changed},
	} {
		if got := shortRevision(&debug.BuildInfo{Settings: settings}); got != want {
			t.Errorf("commit %q, want %q", got, want)
		}
	}
	for commit, want := range map[string]string{"": "commit unknown;", "0123456789ab": "commit 0123456789ab;"} {
		var b strings.Builder
		if machineLine(&b, []Row{{Commit: commit}}); !strings.Contains(b.String(), want) {
			t.Errorf("a report with commit %q says %q", commit, b.String())
		}
	}
}
