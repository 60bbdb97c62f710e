package run

import (
	"context"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
	"github.com/gmel-go/gmel/sim/spread"
)

// game is what agents are trained in, with its settings: the edge offloading game or simple_spread. All else in this
// package is the same for both. Config.game returns it.
type game interface {
	name() string // of the scenario
	section(c *Config) setting.Section
	files() []setting.File // settings that name files
	digests() (map[string]string, error)
	withDigests(digests map[string]string) game
	clone() game
	ready()         // after all settings are read and checked
	into(c *Config) // makes it the game of a configuration
	// fits is the game as a policy plays it that was trained in another one; it says why the policy cannot.
	fits(trained game) (game, error)

	// worlds makes the worlds of training that a rank plays.
	worlds(c *Config, played sim.Slice, o train.Options) (marl.Env, error)
	worldsBytes(worlds int) int64
	evaluationMemory(episodes int, setting string) train.Memory
	sizes() marl.Sizes // of a world

	learned(p *marl.Policy) player
	heuristics(seed uint64) ([]player, error)
	references(seed uint64) ([]player, error) // policies that know more than an agent can
	played() *Played                          // without the scenario
	measures() []Measure
	paired() int // measures in which learned policies are compared with the best heuristic: the first ones
	headline(values map[string]float64) string
}

// player is a policy in a game.
type player interface {
	name() string
	// play is the row of a table. It adds what readers of the table must know.
	play(ctx context.Context, c *comparison, t *Table) (Row, error)
	// evaluate is the record of an evaluation during training.
	evaluate(ctx context.Context, c *Config) (train.Record, error)
	release() error
}

// game is the game of the section scenario.
func (c *Config) game() game {
	if c.Spread != nil {
		return spreading{c.Spread}
	}
	return edge{c.Scenario}
}

// paths are the settings that name files, with their values where there is one.
func paths(g game) map[string]string {
	all := map[string]string{}
	for _, f := range g.files() {
		if *f.Path != "" {
			all[f.Key] = *f.Path
		}
	}
	return all
}

// gameKey is the setting that selects another game than the edge game.
const gameKey = scenarioKey + ".game"

// choose makes the configuration one of the game that the sources name; word is the scenario if it is a single word. A word
// replaces all settings of the section, so it decides.
func (c *Config) choose(r *setting.Reader, word string) {
	game := ""
	r.Peek(gameKey, &game)
	if spread.IsNamed(word) || word == "" && game == spread.Name {
		c.Scenario, c.Spread = nil, spread.Default()
		return
	}
	r.Refuse(gameKey, "the only game to name is spread; without the key it is the edge game")
}
