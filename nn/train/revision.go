package train

import "runtime/debug"

// UnknownRevision is the revision of a program whose commit is not known for certain.
const UnknownRevision = "unknown"

// Revision is the commit from which this program was built, and whether files were changed since. b is the
// debug.BuildInfo of the program. The commit is one of
//   - what the Go tool stamped into the program, which `go build` and `go install` do in a clone;
//   - without a stamp, as by `go run` or with -buildvcs=false, the commit of the clone that the program was compiled in, if that
//     is still there, git can tell its commit, the program is where the Go tool linked it, and no source was written later (an old
//     program that was copied inside the clone passes for a new one);
//   - UnknownRevision in all other cases, such as with -trimpath and no stamp, or after a change of the sources.
//
// It covers what the Go tool compiles, and no library that the program is linked with.
func Revision(b *debug.BuildInfo) (commit string, changed bool) {
	if commit, changed = stamped(b.Settings); commit != UnknownRevision {
		return commit, changed
	}
	if commit, changed, ok := sources().revision(); ok {
		return commit, changed
	}
	return UnknownRevision, false
}

// Commit is the Revision as one word: with + if files were changed since.
func Commit(b *debug.BuildInfo) string {
	commit, changed := Revision(b)
	if changed {
		commit += "+"
	}
	return commit
}

// stamped is the revision in the settings of a build.
func stamped(settings []debug.BuildSetting) (commit string, changed bool) {
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
