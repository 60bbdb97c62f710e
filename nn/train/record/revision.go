package record

import "runtime/debug"

// UnknownRevision stands where a build has kept none: outside of version control, or with -buildvcs=false.
const UnknownRevision = "unknown"

// Revision is the commit that a program was built from, by the settings of its debug.BuildInfo, and whether files
// were changed since.
func Revision(settings []debug.BuildSetting) (commit string, changed bool) {
	commit = UnknownRevision
	for _, s := range settings {
		switch s.Key {
		case "vcs.revision":
			commit = s.Value
		case "vcs.modified":
			changed = s.Value == "true"
		}
	}
	return commit, changed
}
