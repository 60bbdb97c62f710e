package marl

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// Algorithm is one way to learn. Each has a package of its own, which registers it; a program links the
// algorithms whose packages it imports.
type Algorithm interface {
	// Name is the value of train.algo, and names the algorithm's section of a configuration.
	Name() string
	// Defaults returns the algorithm's settings, and changes shared ones whose defaults it wants otherwise.
	Defaults(shared *Config) Section
	// Head declares the network that decides, for O observed features and U actions.
	Head(c *Config, obs, actions int) Head
	// Build declares networks and memory of a run in the workshop. Config.Own is of the type that Defaults
	// returns.
	Build(w *Workshop) (Learner, error)
}

// Learner is an algorithm at work. Its methods append to the Programs of a [Trainer]:
//
//	slot     one slot of the rollout: act, step, Remember
//	prepare  Prepare: what the updates of an iteration share, once per iteration
//	update   Update: one update, several times per iteration
//	inspect  Inspect: what is measured once per report
//
// What a learner makes in its [Workshop] (networks, annealed scalars, statistics, the memory) the
// trainer initialises, anneals, checks, keeps in checkpoints and counts in its plan of memory.
type Learner interface {
	// Head is the network that decides and its parameters.
	Head() (Head, *Net)
	// Remember puts a slot of all worlds into the memory.
	Remember(b *machine.Builder, x Played)
	Prepare(b *machine.Builder)
	Update(b *machine.Builder) error
	Inspect(b *machine.Builder)
	// WarmedUp follows the warm-up: what is kept of it, and what is measured on it.
	WarmedUp(s *machine.Session) error
	// Scalars are the learner's metrics, always in the same order. mean returns the mean of a statistic
	// over the updates since the last report.
	Scalars(s *machine.Session, mean func(statistic string) float32) ([]Scalar, error)
}

// Head is the network that decides: a rollout samples from it, a Policy executes it, a checkpoint keeps it.
type Head interface {
	Params() *nn.Params
	// LogProbs builds log pi(. | o) [rows, U] for normalised observations obs [rows, O] and mask
	// [rows, U], 1 = legal. An illegal action has probability 0.
	LogProbs(bd *nn.Bound, obs, mask *nn.Node) *nn.Node
}

var algorithms = map[string]Algorithm{}

// Register adds an algorithm; its package calls it when it is initialised.
func Register(a Algorithm) {
	if _, taken := algorithms[a.Name()]; taken {
		panic("marl: two algorithms have the name " + a.Name())
	}
	algorithms[a.Name()] = a
}

// Algorithms lists the names of those that are linked, sorted.
func Algorithms() []string { return slices.Sorted(maps.Keys(algorithms)) }

// AlgorithmOf finds an algorithm by its name.
func AlgorithmOf(name string) (Algorithm, error) {
	a, ok := algorithms[name]
	if !ok {
		return nil, fmt.Errorf("marl: train.algo is %q; allowed: %s", name, strings.Join(Algorithms(), ", "))
	}
	return a, nil
}
