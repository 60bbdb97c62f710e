package train

import (
	"context"
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
func (f Folder) profile() string    { return f.File("profile.txt") } // of the last process, if Options.Profile was set
func (f Folder) events() string     { return f.File("events.out.tfevents.0.gmel") }
func (f Folder) checkpoint() string { return f.File("checkpoints", "latest.safetensors") }

// File is the path of a file in the folder.
func (f Folder) File(parts ...string) string {
	return filepath.Join(append([]string{string(f)}, parts...)...)
}

// Metrics is the path of the numbers of the run; they are equal for every run with the same seed.
func (f Folder) Metrics() string { return f.File("metrics.jsonl") }

// Timing is the path of the numbers that depend on the machine.
func (f Folder) Timing() string { return f.File("timing.jsonl") }

// Curve is the path of the picture of the learning curve.
func (f Folder) Curve() string { return f.File("curve.png") }

// HasRun reports whether a run began in the folder.
func (f Folder) HasRun() bool { return exists(f.config()) }

// Config is the path of the configuration that the run began with; a usage error where the folder holds no run.
func (f Folder) Config() (string, error) {
	if err := disk.Dangling(string(f)); err != nil {
		return "", Usagef("%w", err)
	}
	if !f.HasRun() {
		return "", Usagef("%s is no run folder: it has no config.yaml", f)
	}
	return f.config(), nil
}

// ErrBegun is in the chain of the error about a folder in which a run cannot begin because one did.
var ErrBegun = errors.New("already holds a run")

// defaultParent has the folders of runs that name none.
const defaultParent = "runs"

// create makes the folder of a new run: out, or the next free runs/NAME-SEED-N. made are the folders that it made.
// A folder with anything in it is never touched.
func create(out string, run *Run) (f Folder, made []string, err error) {
	if out == "" {
		return createNext(defaultParent, run)
	}
	if err := vacant(out, run); err != nil {
		return "", nil, err
	}
	if made, err = disk.MakeFolder(out); err != nil {
		return "", made, notMade(err)
	}
	return Folder(out), made, nil
}

func notMade(err error) error { return fmt.Errorf("the run folder cannot be made: %w", err) }

// vacant fails where out is a folder with anything in it, or no folder.
func vacant(out string, run *Run) error {
	if err := disk.Dangling(out); err != nil {
		return Usagef("%w: make that folder or choose another --out", err)
	}
	entries, err := os.ReadDir(out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return notMade(err)
	case exists(Folder(out).config()):
		return Usagef("%s %w, which is never overwritten: resume it with `%s` or choose another --out",
			out, ErrBegun, run.ResumeCommand(Folder(out)))
	case len(entries) > 0 && !Folder(out).unbegun(entries):
		return Usagef("%s is not empty, and nothing is ever overwritten: choose another --out", out)
	}
	return nil
}

// unbegun reports whether a folder holds only what a process leaves that was killed before its run began: it had the
// lock, and there is no result to lose.
func (f Folder) unbegun(entries []fs.DirEntry) bool {
	own := []string{f.lock(), filepath.Dir(f.checkpoint()), f.File(inputFolder), f.inputs(), f.inputs() + disk.TempSuffix, f.config() + disk.TempSuffix}
	foreign := func(e fs.DirEntry) bool { return !slices.Contains(own, f.File(e.Name())) }
	saved, err := os.ReadDir(filepath.Dir(f.checkpoint()))
	return exists(f.lock()) && !slices.ContainsFunc(entries, foreign) && len(saved) == 0 && (err == nil || errors.Is(err, fs.ErrNotExist))
}

// createNext uses the next free number; Mkdir resolves races between processes.
func createNext(parent string, run *Run) (f Folder, made []string, err error) {
	if err := disk.Dangling(parent); err != nil {
		return "", nil, Usagef("%w: make that folder or choose another --out", err)
	}
	if made, err = disk.MakeFolder(parent); err != nil {
		return "", made, notMade(err)
	}
	for n := 1; ; n++ {
		dir := filepath.Join(parent, fmt.Sprintf("%s-%d-%d", plainName(run.Name), run.Seed, n))
		err := os.Mkdir(dir, 0o777)
		if err == nil {
			return Folder(dir), append(made, dir), nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", made, notMade(disk.Explain(dir, 0, err))
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
// made are the files and folders that it made, also if it fails.
func (f Folder) begin(ctx context.Context, config []byte, inputs []Input) (made []string, err error) {
	if exists(f.config()) {
		return nil, Usagef("%s %w, which another process has just begun: choose another --out", f, ErrBegun)
	}
	folders, err := disk.MakeFolder(filepath.Dir(f.checkpoint()))
	if made = folders; err != nil {
		return made, notMade(err)
	}
	kept, err := f.keepInputs(ctx, inputs)
	if made = append(made, kept...); err != nil {
		return made, err
	}
	if err := disk.SyncFolder(filepath.Dir(filepath.Clean(string(f)))); err != nil {
		return made, err // the name of the folder itself
	}
	return append(made, f.config()), disk.Write(f.config(), config) // and the names in it
}

// writeFiles writes files of a job, each as a whole, in their order.
func (f Folder) writeFiles(files []File) error {
	for _, x := range files {
		if err := f.writable(x.Name); err != nil {
			return err
		}
		path := f.File(x.Name)
		if _, err := disk.MakeFolder(filepath.Dir(path)); err != nil {
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
	path, folders := f.File(name), []string{filepath.Dir(f.checkpoint()), f.File(inputFolder)}
	own := append(folders, f.config(), f.inputs(), f.versions(), f.lock(), f.Metrics(), f.Timing(), f.profile(), f.events(), f.Curve())
	inside := func(folder string) bool { return strings.HasPrefix(path, folder+string(filepath.Separator)) }
	if !filepath.IsLocal(name) || slices.Contains(own, path) || slices.ContainsFunc(folders, inside) {
		return fmt.Errorf("train: a job may not write %q in its run folder", name)
	}
	return nil
}

// ResumeCommand is what continues the run of a folder, as a shell reads it.
func (run *Run) ResumeCommand(f Folder) string {
	return run.Resume + " " + Quoted(string(f)) + run.ResumeFlags
}

// Quoted writes a path as one word of a shell that is no flag.
func Quoted(path string) string {
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
