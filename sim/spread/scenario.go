package spread

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"

	"github.com/gmel-go/gmel/internal/setting"
)

//go:embed scenario.go
var scenarioSource string

// Name is the name of the game.
const Name = "spread"

// Scenario has the settings of the game. The defaults are those of simple_spread_v3.
type Scenario struct {
	// Game is spread: simple_spread of the multi-agent particle environments, in the place of the edge game.
	Game string `yaml:"game"`
	// Agents N is the number of agents, and of landmarks.
	Agents int `yaml:"agents"`
	// LocalRatio is the weight of an agent's own collisions in its reward; the weight of the common distance
	// to the landmarks is 1 - local_ratio.
	LocalRatio float64 `yaml:"local_ratio"`
	// MaxCycles is the length of an episode.
	MaxCycles int `yaml:"max_cycles"`
}

// Default returns the settings of simple_spread_v3.
func Default() *Scenario { return &Scenario{Game: Name, Agents: 3, LocalRatio: 0.5, MaxCycles: 25} }

// Bounds of the settings.
const (
	maxAgents = 100
	maxCycles = 100_000
)

// IsNamed reports whether a word names the game: spread, or spread:N for N agents.
func IsNamed(word string) bool {
	name, _, _ := strings.Cut(word, ":")
	return name == Name
}

// Load returns the default game, with the number of agents that the word says.
func Load(word string) (*Scenario, error) {
	s := Default()
	_, agents, sized := strings.Cut(word, ":")
	if !sized {
		return s, nil
	}
	n, err := strconv.Atoi(agents)
	if err != nil || n < 2 || n > maxAgents {
		return nil, fmt.Errorf("%q: %q is not a number of agents; allowed: a whole number from 2 to %d", word, agents, maxAgents)
	}
	s.Agents = n
	return s, nil
}

// Check gives the checker every setting that is not allowed.
func (s *Scenario) Check(c *setting.Checker) {
	c.OneOf("game", s.Game, Name)
	c.Count("agents", s.Agents, 2, maxAgents)
	c.Between("local_ratio", s.LocalRatio, 0, 1)
	c.Count("max_cycles", s.MaxCycles, 1, maxCycles)
}

// Docs are the descriptions of the settings by key.
func Docs() map[string]string { return setting.StructDocs(scenarioSource, "Scenario") }

// ObsSize is O: own velocity and position, landmarks and other agents relative to the own position, and the two
// silent channels of each other agent, which are 0.
func (s *Scenario) ObsSize() int { return 4 + 2*s.Agents + 4*(s.Agents-1) }

// Actions is U: none, left, right, down, up.
const Actions = 5
