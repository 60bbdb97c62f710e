package train

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// compiled are the extensions of files that can change a program of this module.
var compiled = []string{".go", ".c", ".h", ".cc", ".cu", ".cuh", ".yaml", ".mod", ".sum"}

// clone is a folder with the sources of this program, under git.
type clone struct{ folder string }

// sources is the clone in which this program was compiled; without a folder if -trimpath hides it.
func sources() clone {
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) {
		return clone{}
	}
	return clone{filepath.Dir(filepath.Dir(filepath.Dir(file)))} // this file is nn/train/clone.go
}

// revision is the commit of the clone, and whether files differ from it; ok is false unless the program was built from this state.
func (c clone) revision() (commit string, changed, ok bool) {
	program, err := os.Executable()
	if c.folder == "" || err != nil || !c.holds(program) {
		return "", false, false
	}
	linked, err := os.Stat(program)
	if err != nil || c.changedSince(linked.ModTime()) {
		return "", false, false
	}
	commit, err = c.git("rev-parse", "--verify", "HEAD")
	if err != nil {
		return "", false, false
	}
	status, err := c.git("status", "--porcelain")
	return commit, status != "", err == nil
}

// holds reports whether a program is where the Go tool links it: in the clone, or in a temporary folder, as for go run and
// go test. Elsewhere it may be a copy, whose time is meaningless.
func (c clone) holds(program string) bool {
	if strings.Contains(program, "go-build") {
		return true
	}
	path, err := filepath.Rel(c.folder, program)
	return err == nil && filepath.IsLocal(path)
}

// changedSince reports whether a source was written after t, or whether git does not know the sources.
func (c clone) changedSince(t time.Time) bool {
	list, err := c.git("ls-files", "-z")
	names := strings.Split(list, "\x00")
	if err != nil || !slices.Contains(names, "go.mod") {
		return true // no repository, or another one around unpacked sources
	}
	for _, name := range names {
		if !slices.Contains(compiled, filepath.Ext(name)) {
			continue
		}
		if info, err := os.Stat(filepath.Join(c.folder, name)); err == nil && info.ModTime().After(t) {
			return true
		}
	}
	return false
}

// git returns the output of a git command in the clone.
func (c clone) git(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = c.folder
	for _, s := range os.Environ() {
		if !strings.HasPrefix(s, "GIT_") { // set in a hook, for example; it would name another repository
			cmd.Env = append(cmd.Env, s)
		}
	}
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}
