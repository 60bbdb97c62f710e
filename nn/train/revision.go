package train

import "runtime/debug"

// UnknownRevision stands where the commit of a program is not known for certain.
const UnknownRevision = "unknown"

// Revision is the commit that this program was built from, and whether files were changed since. b is its own
// debug.BuildInfo. It is one of
//   - what the Go tool stamped into the program, which `go build` and `go install` do in a clone;
//   - without a stamp, as by `go run` or with -buildvcs=false, the commit of a clone on this machine: of the folder
//     that the program was compiled in or, where -trimpath hides it, of the one that it was started in. It counts only if
//     the Go tool says that this clone, as it is now and with the same settings, gives this very program (their build IDs
//     are equal), and if git can tell its commit;
//   - UnknownRevision in all other cases, such as without the clone, go or git, after a change of the sources, or in a test.
//
// So a commit is never guessed. It covers what the Go tool compiles, and no library that the program is linked with.
func Revision(b *debug.BuildInfo) (commit string, changed bool) {
	if commit, changed = stamped(b.Settings); commit != UnknownRevision {
		return commit, changed
	}
	for _, folder := range sourceFolders(b.Main.Path) {
		if commit, changed, ok := (clone{folder, b}).revision(); ok {
			return commit, changed
		}
	}
	return UnknownRevision, false
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
