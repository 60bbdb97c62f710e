package train

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/gmel-go/gmel/internal/disk"
)

// Folder is the folder of one run.
type Folder string

// What the runner keeps in a run folder.
func (f Folder) config() string     { return f.File("config.yaml") }
func (f Folder) versions() string   { return f.File("versions.json") }
func (f Folder) lock() string       { return f.File("run.lock") }
func (f Folder) timing() string     { return f.File("timing.jsonl") } // numbers that depend on the machine
func (f Folder) profile() string    { return f.File("profile.txt") }  // of the last process, if Options.Profile was set
func (f Folder) events() string     { return f.File("events.out.tfevents.0.gmel") }
func (f Folder) curve() string      { return f.File("curve.png") }
func (f Folder) checkpoint() string { return f.File("checkpoints", "latest.safetensors") }

// File is the path of a file in the folder.
func (f Folder) File(parts ...string) string {
	return filepath.Join(append([]string{string(f)}, parts...)...)
}

// Metrics is the path of the numbers of the run; they are equal for every run with the same seed.
func (f Folder) Metrics() string { return f.File("metrics.jsonl") }

// Config is the path of the configuration that the run began with; a usage error where the folder holds no run.
func (f Folder) Config() (string, error) {
	if !exists(f.config()) {
		return "", usagef("%s is no run folder: it has no config.yaml", f)
	}
	return f.config(), nil
}

// create makes the folder of a new run: out, or the next free runs/NAME-SEED-N.
// A folder with anything in it is never touched.
func create(out string, run *Run) (Folder, error) {
	if out == "" {
		return createNext("runs", run)
	}
	if err := vacant(out, run); err != nil {
		return "", err
	}
	if err := os.MkdirAll(out, 0o777); err != nil {
		return "", fmt.Errorf("the run folder cannot be made: %w", err)
	}
	return Folder(out), nil
}

// vacant fails where out is a folder with anything in it, or no folder.
func vacant(out string, run *Run) error {
	entries, err := os.ReadDir(out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("the run folder cannot be made: %w", err)
	case exists(Folder(out).config()):
		return usagef("%s already holds a run, which is never overwritten: resume it with `%s` or choose another --out",
			out, run.ResumeCommand(Folder(out)))
	case len(entries) > 0:
		return usagef("%s is not empty, and nothing is ever overwritten: choose another --out", out)
	}
	return nil
}

// createNext uses the next free number; Mkdir resolves races between processes.
func createNext(parent string, run *Run) (Folder, error) {
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return "", fmt.Errorf("the run folder cannot be made: %w", err)
	}
	for n := 1; ; n++ {
		dir := filepath.Join(parent, fmt.Sprintf("%s-%d-%d", plainName(run.Name), run.Seed, n))
		err := os.Mkdir(dir, 0o777)
		if err == nil {
			return Folder(dir), nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("the run folder cannot be made: %w", err)
		}
	}
}

// plainName keeps the characters that are safe in a file name.
func plainName(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '.' {
			return r
		}
		return '_'
	}, name)
	if plain = strings.Trim(plain, "."); plain == "" {
		return "run"
	}
	return plain
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// begin fills a new folder, which this process has locked; config.yaml comes last, so a folder with it can be resumed.
func (f Folder) begin(config []byte) error {
	if exists(f.config()) {
		return usagef("another process has just begun a run in %s: choose another --out", f)
	}
	if err := os.MkdirAll(filepath.Dir(f.checkpoint()), 0o777); err != nil {
		return fmt.Errorf("the run folder cannot be made: %w", err)
	}
	if err := disk.SyncFolder(filepath.Dir(filepath.Clean(string(f)))); err != nil {
		return err // the name of the folder itself
	}
	return disk.Write(f.config(), config) // and the names in it
}

// writeFiles writes files of a job, each as a whole, in their order.
func (f Folder) writeFiles(files []File) error {
	for _, x := range files {
		if err := f.writable(x.Name); err != nil {
			return err
		}
		path := f.File(x.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return fmt.Errorf("train: %w", err)
		}
		if err := disk.Write(path, x.Data); err != nil {
			return err
		}
	}
	return nil
}

// writable refuses names outside of the folder and those of the runner.
func (f Folder) writable(name string) error {
	path, checkpoints := f.File(name), filepath.Dir(f.checkpoint())
	own := []string{checkpoints, f.config(), f.versions(), f.lock(), f.Metrics(), f.timing(), f.profile(), f.events(), f.curve()}
	if !filepath.IsLocal(name) || slices.Contains(own, path) || strings.HasPrefix(path, checkpoints+string(filepath.Separator)) {
		return fmt.Errorf("train: a job may not write %q in its run folder", name)
	}
	return nil
}

// ResumeCommand is what continues the run of a folder, as a shell reads it.
func (run *Run) ResumeCommand(f Folder) string {
	return run.Resume + " " + quoted(string(f)) + run.ResumeFlags
}

// quoted writes a path as one word of a shell that is no flag.
func quoted(path string) string {
	if strings.HasPrefix(path, "-") {
		path = "./" + path
	}
	special := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("/._-+,:@%", r)
	}
	if path != "" && strings.IndexFunc(path, special) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
