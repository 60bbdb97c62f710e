package train

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// sourceFolders are where a module may have been compiled: the folder of this file, unless -trimpath hides it, and
// the one that the process is in; each or the first folder above it that has the module's go.mod.
func sourceFolders(module string) (folders []string) {
	var starts []string
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		starts = append(starts, filepath.Dir(file))
	}
	if dir, err := os.Getwd(); err == nil {
		starts = append(starts, dir)
	}
	for _, dir := range starts {
		if root := moduleRoot(dir, module); root != "" && !slices.Contains(folders, root) {
			folders = append(folders, root)
		}
	}
	return folders
}

// moduleRoot is the nearest folder, dir or above it, whose go.mod is the module's; "" for none.
func moduleRoot(dir, module string) string {
	for {
		data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if first, _, _ := strings.Cut(string(data), "\n"); err == nil && strings.TrimSpace(first) == "module "+module {
			return dir
		}
		above := filepath.Dir(dir)
		if above == dir {
			return ""
		}
		dir = above
	}
}

// clone is a folder with sources that may be those of this program.
type clone struct {
	folder string
	build  *debug.BuildInfo // of this program
}

// patience is the time that the Go tool gets: it takes a fraction of a second while its cache holds the build.
const patience = 20 * time.Second

// revision is the commit of the clone if the program comes from it as it is, and whether files differ from the commit.
func (c clone) revision() (commit string, changed, ok bool) {
	commit, changed, ok = c.head()
	if !ok || !c.gaveThisProgram() {
		return "", false, false
	}
	again, still, ok := c.head()
	return commit, changed, ok && again == commit && still == changed
}

// head asks git for the commit of a clone that holds this module.
func (c clone) head() (commit string, changed, ok bool) {
	if _, err := c.ask(nil, "git", "ls-files", "--error-unmatch", "go.mod"); err != nil {
		return "", false, false // the repository is another one, around unpacked sources
	}
	commit, err := c.ask(nil, "git", "rev-parse", "--verify", "HEAD")
	if err != nil {
		return "", false, false
	}
	status, err := c.ask(nil, "git", "status", "--porcelain")
	return commit, status != "", err == nil
}

// gaveThisProgram compares build IDs. The ID of a program is link/action/content/program, and the two in the middle are
// the ID of its main package: hashes of all that is compiled into it, dependencies and settings included.
func (c clone) gaveThisProgram() bool {
	program, err := os.Executable()
	if err != nil || strings.HasSuffix(c.build.Path, ".test") {
		return false // a test's main package is in no folder
	}
	text, err := c.ask(nil, "go", "tool", "buildid", program)
	id := strings.Split(text, "/")
	if err != nil || len(id) != 4 {
		return false
	}
	flags, env := sameBuild(c.build.Settings)
	list := append([]string{"list", "-export", "-f", "{{.BuildID}}", "-buildvcs=false"}, flags...)
	main, err := c.ask(env, "go", append(list, c.build.Path)...)
	return err == nil && main == id[1]+"/"+id[2]
}

// sameBuild turns the settings that a program records into flags and environment of the Go tool.
func sameBuild(settings []debug.BuildSetting) (flags, env []string) {
	env = []string{"GOFLAGS=", "GOWORK=off", "GOPROXY=off", "GOTOOLCHAIN=local"} // nothing is fetched
	for _, s := range settings {
		switch {
		case strings.HasPrefix(s.Key, "-"):
			flags = append(flags, s.Key+"="+s.Value)
		case strings.HasPrefix(s.Key, "GO"), strings.HasPrefix(s.Key, "CGO_"):
			env = append(env, s.Key+"="+s.Value)
		}
	}
	return flags, env
}

// ask returns what a command prints in the clone.
func (c clone) ask(env []string, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = c.folder
	for _, s := range os.Environ() {
		if !strings.HasPrefix(s, "GIT_") { // as of a hook, which would name another repository
			cmd.Env = append(cmd.Env, s)
		}
	}
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}
