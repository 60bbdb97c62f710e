// Package run is a training run from its configuration to its folder: it loads
// settings, wires scenario, worlds, backend and trainer, records what happens,
// keeps checkpoints, resumes, and compares the result with the heuristics.
package run

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/sim"
	"go.yaml.in/yaml/v3"
)

//go:embed config.go
var configSource string

// Config is everything that decides the numbers of a run. It is read from YAML,
// strictly: unknown keys are errors. Keys that are left out keep their default.
type Config struct {
	// Seed is what every random stream of the run is split from.
	Seed uint64 `yaml:"seed"`
	// EvalSeed is the seed of all evaluations, so that runs of different seeds are judged on the same episodes.
	EvalSeed uint64 `yaml:"eval_seed"`
	// TableEpisodes are played by every policy for the final table, on the same evaluation seed.
	TableEpisodes int `yaml:"table_episodes"`
	// Scenario is the game: a preset's name, a scenario file or the settings that differ from the preset paper.
	Scenario *sim.Scenario `yaml:"scenario"`
	// Train is the algorithm.
	Train marl.Config `yaml:"train"`
}

// defaultScenario is the game of a run that names none.
const defaultScenario = "paper"

// Default returns the configuration of `gmel train` without arguments.
func Default() (*Config, error) {
	s, err := sim.Load(defaultScenario)
	if err != nil {
		return nil, err
	}
	return &Config{Seed: 1, EvalSeed: 1, TableEpisodes: 200, Scenario: s, Train: marl.Default()}, nil
}

// Validate returns every setting that is not allowed, each a *FieldError, joined.
func (c *Config) Validate() error {
	var errs []error
	if c.TableEpisodes < 2 {
		errs = append(errs, notAllowed("table_episodes", c.TableEpisodes, "at least 2, for an interval"))
	}
	for _, err := range split(c.Scenario.Validate()) {
		var f *sim.FieldError
		if errors.As(err, &f) {
			err = notAllowed("scenario."+f.Field, f.Value, f.Allowed)
		}
		errs = append(errs, err)
	}
	for _, err := range split(c.Train.Validate()) {
		field, problem, ok := strings.Cut(err.Error(), " is ")
		if ok && strings.HasPrefix(field, "train.") && !strings.Contains(field, " ") {
			err = &FieldError{Field: field, Problem: strings.Replace(problem, "; allowed:", " is not allowed; allowed:", 1)}
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// YAML returns every setting of the run's algorithm with the value in effect; Load reads it back.
func (c *Config) YAML() []byte {
	var doc yaml.Node
	err := doc.Encode(c)
	if err == nil {
		dropForeign(&doc, c.Train.Algo)
		var b []byte
		if b, err = yaml.Marshal(&doc); err == nil {
			return b
		}
	}
	panic("run: configuration does not marshal: " + err.Error()) // plain fields only
}

// dropForeign leaves out the settings of other algorithms.
func dropForeign(root *yaml.Node, algo string) {
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value != "train" {
			continue
		}
		train := root.Content[i+1]
		for k := len(train.Content) - 2; k >= 0; k -= 2 {
			if of := marl.Belongs(train.Content[k].Value); of != "" && of != algo {
				train.Content = slices.Delete(train.Content, k, k+2)
			}
		}
	}
}

// numbers returns the configuration without what must not change a result, for
// comparison and for checkpoints, which are equal for any number of threads and, in
// fp32, on any backend.
func (c *Config) numbers() *Config {
	n := *c
	n.Train.Threads, n.Train.ISA, n.Train.Device = 0, "", ""
	if n.Train.Precision == kernels.FP32 {
		n.Train.Backend = ""
	}
	return &n
}

// FieldError is one setting that cannot be used.
type FieldError struct {
	Origin  string // "file:line" or the flag that set it; empty for a default
	Field   string // path of keys, such as train.gamma or scenario.tasks.models[1].share
	Problem string
}

// Error gives "origin: field: problem".
func (e *FieldError) Error() string {
	text := e.Field + ": " + e.Problem
	if e.Field == "" {
		text = e.Problem
	}
	if e.Origin != "" {
		text = e.Origin + ": " + text
	}
	return text
}

func notAllowed(field string, value any, allowed string) error {
	return &FieldError{Field: field, Problem: fmt.Sprintf("%v is not allowed; allowed: %s", value, allowed)}
}

// split undoes errors.Join.
func split(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}
