// Package run is a training run from its configuration to its folder: it loads settings, connects
// scenario, worlds, backend and trainer, writes records and checkpoints, resumes, and compares the
// result with the heuristics.
package run

import (
	_ "embed"
	"fmt"
	"reflect"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/sim"
	"github.com/gmel-go/gmel/sim/spread"
)

//go:embed config.go
var configSource string

// Config has all settings that determine the numbers of a run. It is read from YAML, strictly: unknown
// keys are errors. Omitted keys keep their default.
type Config struct {
	// Seed is the seed from which all random streams of the run are derived.
	Seed uint64 `yaml:"seed"`
	// EvalSeed is the seed of all evaluations, so that runs with different seeds are evaluated on the same episodes.
	EvalSeed uint64 `yaml:"eval_seed"`
	// TableEpisodes is the number of episodes that every policy plays for the final table, on the same evaluation seed.
	TableEpisodes int `yaml:"table_episodes"`

	Scenario *sim.Scenario    `yaml:"-"` // the section scenario of the edge game; nil in another game
	Spread   *spread.Scenario `yaml:"-"` // the section scenario of simple_spread; nil in another game
	Train    marl.Config      `yaml:"-"` // the section train, and that of its algorithm

	digests map[string]string // of the scenario's files by setting, see identify
}

// defaultScenario is the scenario of a run that names none.
const defaultScenario = "paper"

// Default returns the configuration of `gmel train` without arguments.
func Default() (*Config, error) {
	s, err := sim.Load(defaultScenario)
	if err != nil {
		return nil, err
	}
	return &Config{Seed: 1, EvalSeed: 1, TableEpisodes: 200, Scenario: s, Train: marl.Default()}, nil
}

// sections returns the parts of the document in the order in which they are printed. If train.algo is
// invalid, there is no section of an algorithm.
func (c *Config) sections() []setting.Section {
	list := []setting.Section{
		{Value: c, Docs: func() map[string]string { return setting.StructDocs(configSource, "Config") }},
		c.game().section(c),
		{Name: marl.SharedSection, Value: &c.Train, Doc: "train holds the settings that all algorithms share.", Docs: marl.Docs},
	}
	if c.Train.Own == nil {
		return list
	}
	return append(list, ownSection(&c.Train))
}

// ownSection has the settings of an algorithm alone.
func ownSection(c *marl.Config) setting.Section {
	return setting.Section{
		Name: c.Algo, Value: c.Own, Doc: c.Algo + " holds the settings of this algorithm.", Docs: c.Own.Docs, Check: c.CheckOwn,
	}
}

// scenarioDocs are the comments of the preset paper.
func scenarioDocs() map[string]string {
	source, err := sim.PresetSource(defaultScenario)
	if err != nil {
		panic("run: " + err.Error()) // it is embedded
	}
	docs := setting.TextDocs(source)
	delete(docs, "name") // the head comment of the file
	return docs
}

// Check reports every setting outside of sections that is not allowed.
func (c *Config) Check(v *setting.Checker) {
	v.Require(c.TableEpisodes >= 2, "table_episodes", c.TableEpisodes, "at least 2, for an interval")
	v.Require(c.TableEpisodes <= marl.MaxSize, "table_episodes", c.TableEpisodes, fmt.Sprintf("at most %d", marl.MaxSize))
	v.Require(c.Spread == nil || c.Train.RewardGroup == 0, marl.SharedSection+".reward_group", c.Train.RewardGroup,
		"0 in simple_spread, where close numbers are not close places")
}

// YAML returns every setting of the run's algorithm with the value in effect; Load reads it back.
func (c *Config) YAML() []byte { return setting.Text(setting.Encode(c.sections()), 4) }

// Commented is YAML with a description above every setting. The descriptions are the doc comments of the
// Config structs, so each is written in one place.
func (c *Config) Commented() []byte {
	doc := setting.Encode(c.sections())
	setting.Comment(doc, c.sections())
	return setting.Text(doc, 2)
}

// Schema describes the configurations of all algorithms in the game of this one as a JSON Schema.
func (c *Config) Schema() []byte {
	var sections []setting.Section
	for _, algo := range marl.Algorithms() {
		defaults := marl.DefaultOf(algo)
		sections = append(sections, ownSection(&defaults))
	}
	return setting.Schema("Configuration of gmel train", append(sections, c.sections()...)) // its own section replaces that of defaults
}

// Kind is the kind of the setting at a path, such as train.gamma; reflect.Invalid if this run has no such setting.
func (c *Config) Kind(path string) reflect.Kind { return setting.KindOf(c.sections(), path) }

// numbers returns the configuration without the settings that must not change a result, and with the
// digests of files instead of their paths. It is for comparison and for checkpoints, which are equal for
// any number of threads, in any folder and, in fp32, on any backend.
func (c *Config) numbers() *Config {
	n := *c
	c.game().withDigests(c.digests).into(&n)
	n.Train.Threads, n.Train.ISA, n.Train.Device = 0, "", ""
	if n.Train.Precision == kernels.FP32 {
		n.Train.Backend = ""
	}
	return &n
}
