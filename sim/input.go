package sim

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gmel-go/gmel/internal/setting"
)

// FileSetting is a setting that names a file: the path of its keys, such as tasks.arrivals.trace_file, and where
// the scenario has the file's path.
type FileSetting = setting.File

// traceKey is the setting of the arrival trace.
const traceKey = "tasks.arrivals.trace_file"

// placesKey is the setting of the file of positions.
const placesKey = "hall.ied_positions_file"

// Files lists the settings that name files. All that is common to them follows from this list: a name in a scenario
// file is relative to that file, a run keeps a copy, and the hash depends on the content instead of the path.
func (s *Scenario) Files() []FileSetting {
	return []FileSetting{
		{Key: traceKey, Path: &s.Tasks.Arrivals.TraceFile},
		{Key: placesKey, Path: &s.Hall.IEDPositionsFile},
	}
}

// Paths returns the paths of the files that the scenario names, by their settings.
func (s *Scenario) Paths() map[string]string {
	all := map[string]string{}
	for _, f := range s.Files() {
		if *f.Path != "" {
			all[f.Key] = *f.Path
		}
	}
	return all
}

// InputError is a fault in the content of a file that a setting names.
type InputError struct {
	Key string // of the setting
	Err error  // names the file and the line
}

// Error is the text of the cause.
func (e *InputError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *InputError) Unwrap() error { return e.Err }

// load reads the file of a setting, if the scenario has one, and records its digest.
func (p *params) load(s *Scenario, key string, read func(in io.Reader, name string) error) error {
	for _, f := range s.Files() {
		if f.Key != key || *f.Path == "" {
			continue
		}
		digest, err := hashed(f, read)
		if err != nil {
			return err
		}
		if p.inputs == nil {
			p.inputs = map[string]string{}
		}
		p.inputs[key] = digest
	}
	return nil
}

// DigestPrefix begins the digest of a file; 64 hex digits follow.
const DigestPrefix = "sha256:"

// hashed lets a function read a file and returns the digest of the whole file.
func hashed(f FileSetting, read func(in io.Reader, name string) error) (string, error) {
	in, err := os.Open(*f.Path)
	if err != nil {
		return "", fmt.Errorf("sim: %w", &FieldError{Path: f.Key, Problem: f.Problem()})
	}
	defer in.Close()
	sum := sha256.New()
	if err := read(io.TeeReader(in, sum), *f.Path); err != nil {
		return "", &InputError{f.Key, err}
	}
	if _, err := io.Copy(sum, in); err != nil {
		return "", fmt.Errorf("sim: %s: %w", f.Key, err)
	}
	return DigestPrefix + hex.EncodeToString(sum.Sum(nil)), nil
}

// Digests returns the digest of each file that the scenario names by the key of its setting, see DigestPrefix.
func (s *Scenario) Digests() (map[string]string, error) {
	all := map[string]string{}
	var errs []error
	for _, f := range s.Files() {
		if *f.Path == "" {
			continue
		}
		digest, err := hashed(f, func(io.Reader, string) error { return nil })
		all[f.Key] = digest
		errs = append(errs, err)
	}
	return all, errors.Join(errs...)
}

// WithDigests returns a copy that has the digest of each file, by its setting, instead of its path: copies of two
// scenarios are equal if the scenarios play the same game.
func (s *Scenario) WithDigests(digests map[string]string) *Scenario {
	c := s.Clone()
	for _, f := range c.Files() {
		if *f.Path == "" {
			continue
		}
		if digests[f.Key] == "" {
			panic("sim: the file of " + f.Key + " has no digest") // a loader that does not use params.load
		}
		*f.Path = digests[f.Key]
	}
	return c
}
