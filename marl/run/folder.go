package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/nn/train/record"
)

// Folder is the folder of one run.
type Folder string

// What a run folder holds.
func (f Folder) config() string     { return f.file("config.yaml") }
func (f Folder) versions() string   { return f.file("versions.json") }
func (f Folder) lock() string       { return f.file("run.lock") }
func (f Folder) metrics() string    { return f.file("metrics.jsonl") } // the same for every run of a seed
func (f Folder) timing() string     { return f.file("timing.jsonl") }  // what depends on the machine
func (f Folder) profile() string    { return f.file("profile.txt") }   // of the last process, if it was asked for
func (f Folder) events() string     { return f.file("events.out.tfevents.0.gmel") }
func (f Folder) curve() string      { return f.file("curve.png") }
func (f Folder) tableJSON() string  { return f.file("table.json") }
func (f Folder) tableText() string  { return f.file("table.md") }
func (f Folder) checkpoint() string { return f.file("checkpoints", "latest.safetensors") }

func (f Folder) file(parts ...string) string {
	return filepath.Join(append([]string{string(f)}, parts...)...)
}

// create makes the folder of a new run: out, or the next free runs/SCENARIO-SEED-N.
// A folder with anything in it is never touched.
func create(out string, c *Config) (Folder, error) {
	if out == "" {
		return createNext("runs", c)
	}
	entries, err := os.ReadDir(out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = os.MkdirAll(out, 0o777)
	case err == nil && exists(Folder(out).config()):
		return "", usagef("%s already holds a run, which is never overwritten: resume it with `%s` or choose another --out",
			out, ResumeCommand(Folder(out)))
	case err == nil && len(entries) > 0:
		return "", usagef("%s is not empty, and nothing is ever overwritten: choose another --out", out)
	}
	if err != nil {
		return "", fmt.Errorf("the run folder cannot be made: %w", err)
	}
	return Folder(out), nil
}

// createNext takes the next free number; Mkdir decides races between processes.
func createNext(parent string, c *Config) (Folder, error) {
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return "", fmt.Errorf("the run folder cannot be made: %w", err)
	}
	for n := 1; ; n++ {
		dir := filepath.Join(parent, fmt.Sprintf("%s-%d-%d", plainName(c.Scenario.Name), c.Seed, n))
		err := os.Mkdir(dir, 0o777)
		if err == nil {
			return Folder(dir), nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("the run folder cannot be made: %w", err)
		}
	}
}

// plainName keeps what is safe in a file name.
func plainName(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '.' {
			return r
		}
		return '_'
	}, name)
	if plain = strings.Trim(plain, "."); plain == "" {
		return "scenario"
	}
	return plain
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// begin fills a new folder; config.yaml comes last, so a folder with it can be resumed.
func (f Folder) begin(c *Config) error {
	if err := os.MkdirAll(filepath.Dir(f.checkpoint()), 0o777); err != nil {
		return fmt.Errorf("the run folder cannot be made: %w", err)
	}
	if err := checkpoint.SyncFolder(filepath.Dir(filepath.Clean(string(f)))); err != nil {
		return err // the name of the folder itself
	}
	return record.WriteFile(f.config(), c.Commented()) // and the names in it
}

// ResumeCommand is what continues the run of a folder.
func ResumeCommand(f Folder) string {
	dir := string(f)
	if strings.ContainsAny(dir, " \t'\"$&|;()<>*?`\\") {
		dir = "'" + strings.ReplaceAll(dir, "'", `'\''`) + "'"
	}
	return "gmel train --resume " + dir
}
