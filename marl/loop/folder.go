package loop

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/nn/train"
)

// readBy is what a loop has read besides its configuration. It must not change before the loop ends.
type readBy struct {
	Set      string            `json:"set_sha256"`
	Scenario string            `json:"scenario_hash"`
	Runs     map[string]string `json:"runs_sha256"` // checkpoints of policies, by folder
}

const (
	configFile = "config.yaml"
	readFile   = "read.json"
)

// begin takes the folder: a new one, or one with the same configuration.
func (l *loop) begin(set string) (release func() error, err error) {
	if l.options.Out == "" {
		return nil, train.Usagef("--out DIR is missing: where should the results be?")
	}
	now, err := l.read(set)
	if err != nil {
		return nil, err
	}
	if err := l.fits(); err != nil {
		return nil, err
	}
	if release, err = l.out.Hold(train.Options{StealLock: l.options.StealLock}); err != nil {
		return nil, err
	}
	if err = l.fill(now); err != nil {
		return nil, errors.Join(err, release())
	}
	return release, nil
}

// unbegun is what a process leaves that was killed before the configuration was there.
var unbegun = []string{"run.lock", readFile, readFile + disk.TempSuffix, configFile + disk.TempSuffix}

// fits refuses a folder that holds something else.
func (l *loop) fits() error {
	dir := l.options.Out
	if err := disk.Dangling(dir); err != nil {
		return train.Usagef("%w: make that folder or choose another --out", err)
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the folder cannot be read: %w", err)
	}
	if !l.out.HasRun() {
		for _, e := range entries {
			if !slices.Contains(unbegun, e.Name()) {
				return train.Usagef("%s is not empty and holds no loop; nothing is ever overwritten: choose another --out", dir)
			}
		}
		return nil
	}
	began, err := loadOwn(l.out.File(configFile))
	if err != nil {
		return fmt.Errorf("%s holds something else than a loop of this version: %w; choose another --out", dir, err)
	}
	if path, was, asked := setting.Difference(began.sections(), l.config.sections()); path != "" {
		return train.Usagef("%s is of a loop with %s = %v, but %v is asked for; a loop goes on only as it began: choose another --out", dir, path, was, asked)
	}
	return nil
}

// loadOwn reads the configuration of a folder, whose names are absolute.
func loadOwn(path string) (*Config, error) { return Load(Sources{File: path}) }

// fill writes configuration and digests into a new folder, or compares the digests.
func (l *loop) fill(now *readBy) error {
	began, err := stage(l.out.File(readFile), func() (readBy, error) { return *now, nil })
	if err != nil {
		return err
	}
	switch {
	case began.Set != now.Set:
		return train.Usagef("data.source: the images of %s have changed since the loop began; a loop goes on only as it began: choose another --out", l.config.Data.Source)
	case began.Scenario != now.Scenario:
		return train.Usagef("world.scenario: %s has changed since the loop began; a loop goes on only as it began: choose another --out", l.config.World.Scenario)
	}
	for _, dir := range l.config.Policies.Runs {
		if began.Runs[dir] != now.Runs[dir] {
			return train.Usagef("policies.runs: the policy of %s has changed since the loop began; a loop goes on only as it began: choose another --out", dir)
		}
	}
	if l.out.HasRun() {
		return nil
	}
	return disk.Write(l.out.File(configFile), l.config.Commented())
}

// read digests what the loop reads.
func (l *loop) read(set string) (*readBy, error) {
	hash, err := l.scenario.Hash()
	if err != nil {
		return nil, train.Usage(err)
	}
	r := &readBy{Set: set, Scenario: fmt.Sprintf("%016x", hash), Runs: map[string]string{}}
	for _, dir := range l.config.Policies.Runs {
		from, _, err := train.Folder(dir).Latest()
		if err != nil {
			return nil, err
		}
		if from == nil {
			return nil, train.Usagef("policies.runs: %s has no checkpoint of a run", dir)
		}
		if r.Runs[dir], err = from.State.SHA256(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// cores is the number of threads for an option; 0 is all cores.
func cores(n int) int { return cmp.Or(n, runtime.GOMAXPROCS(0)) }

func orAuto(backend string) string { return cmp.Or(backend, "auto") }

// ofSeed is the path of a file of a seed.
func (l *loop) ofSeed(seed uint64, parts ...string) string {
	return filepath.Join(append([]string{l.options.Out, fmt.Sprintf("seed-%d", seed)}, parts...)...)
}
