package run

import (
	"runtime/debug"
	"testing"
)

func TestSessionNamesItsCommit(t *testing.T) {
	revision := debug.BuildSetting{Key: "vcs.revision", Value: "0123456789abcdef"}
	changed := debug.BuildSetting{Key: "vcs.modified", Value: "true"}
	for want, settings := range map[string][]debug.BuildSetting{
		"unknown": {{Key: "CGO_ENABLED", Value: "1"}}, "0123456789abcdef": {revision}, "0123456789abcdef+": {revision, changed},
	} {
		var s Session
		if s.from(&debug.BuildInfo{Settings: settings}); s.Commit != want {
			t.Errorf("commit %q, want %q", s.Commit, want)
		}
	}
}
