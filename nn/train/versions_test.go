package train

import (
	"runtime/debug"
	"testing"
)

func TestStampedRevision(t *testing.T) {
	revision := debug.BuildSetting{Key: "vcs.revision", Value: "0123456789abcdef"}
	changed := debug.BuildSetting{Key: "vcs.modified", Value: "true"}
	for want, settings := range map[string][]debug.BuildSetting{
		"unknown": {{Key: "CGO_ENABLED", Value: "1"}}, "0123456789abcdef": {revision}, "0123456789abcdef+": {revision, changed},
	} {
		commit, dirty := stamped(settings)
		if dirty {
			commit += "+"
		}
		if commit != want {
			t.Errorf("commit %q, want %q", commit, want)
		}
	}
}
