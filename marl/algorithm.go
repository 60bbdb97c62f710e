package marl

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// Algorithm is a learning algorithm. Each has its own package, which registers it; a program links the
// algorithms whose packages it imports.
type Algorithm interface {
	// Name is the value of train.algo, and names the algorithm's section of a configuration.
	Name() string
	// Defaults returns the settings of the algorithm, and overrides defaults of shared settings.
	Defaults(shared *Config) Section
	// Head declares the policy network, for O observed features and U actions.
	Head(c *Config, obs, actions int) Head
	// Build declares the networks and the memory of a run in the workshop. Config.Own has the type that
	// Defaults returns.
	Build(w *Workshop) (Learner, error)
}

// Learner is an algorithm in a run. Its methods append to the Programs of a [Trainer]:
//
//	slot     one slot of the rollout: act, step, Remember
//	prepare  Prepare: work that the updates of an iteration share, once per iteration
//	update   Update: one update, several times per iteration
//	inspect  Inspect: measurements, once per report
//
// A learner declares networks, annealed scalars, statistics and the memory in its [Workshop]. The trainer
// initialises, anneals and checks them, saves them in checkpoints and counts them in its plan of memory.
type Learner interface {
	// Head is the policy network and its parameters.
	Head() (Head, *Net)
	// Remember stores a slot of all worlds in the memory.
	Remember(b *machine.Builder, x Played)
	Prepare(b *machine.Builder)
	Update(b *machine.Builder) error
	Inspect(b *machine.Builder)
	// WarmedUp is called after the warm-up. It measures its transitions, and keeps or discards them.
	WarmedUp(s *machine.Session) error
	// Scalars are the learner's metrics, always in the same order. mean returns the mean of a statistic
	// over the updates since the last report.
	Scalars(s *machine.Session, mean func(statistic string) float32) ([]Scalar, error)
}

// Head is the policy network: a rollout samples from it, a Policy executes it, and checkpoints save it.
type Head interface {
	Params() *nn.Params
	// LogProbs builds log pi(. | o) [rows, U] for normalised observations obs [rows, O] and mask
	// [rows, U], 1 = legal. An illegal action has probability 0.
	LogProbs(bd *nn.Bound, obs, mask *nn.Node) *nn.Node
}

var algorithms = map[string]Algorithm{}

// Register adds an algorithm. The init function of its package calls it.
func Register(a Algorithm) {
	if _, taken := algorithms[a.Name()]; taken {
		panic("marl: two algorithms have the name " + a.Name())
	}
	algorithms[a.Name()] = a
}

// Algorithms lists the names of the linked algorithms, sorted.
func Algorithms() []string { return slices.Sorted(maps.Keys(algorithms)) }

// AlgorithmOf finds an algorithm by its name.
func AlgorithmOf(name string) (Algorithm, error) {
	a, ok := algorithms[name]
	if !ok {
		return nil, fmt.Errorf("marl: train.algo is %q; allowed: %s", name, strings.Join(Algorithms(), ", "))
	}
	return a, nil
}
