package run

import (
	"cmp"
	"errors"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
)

// Player is the greedy policy of a run, ready to play.
type Player struct {
	*marl.Policy
	Scenario *sim.Scenario // with observations in the units of its training

	backend kernels.Backend
}

// Close frees the policy and its backend.
func (p *Player) Close() error { return errors.Join(p.Policy.Close(), p.backend.Close()) }

// TrainedScenario is the scenario of a run in the edge game.
func TrainedScenario(dir string) (*sim.Scenario, error) {
	c, err := edgeRun(train.Folder(dir))
	if err != nil {
		return nil, err
	}
	return c.Scenario, nil
}

// edgeRun is the configuration of a run in the edge game.
func edgeRun(f train.Folder) (*Config, error) {
	c, err := folderConfig(f)
	if err == nil && c.Scenario == nil {
		err = train.Usagef("%s was trained in the game %s, and this is the edge game", f, c.game().name())
	}
	return c, err
}

// OpenPolicy returns the greedy policy in the latest checkpoint of a run, for a scenario that fits it, see sim.Scenario.InUnitsOf. Of
// the options it uses Seed, Threads, Backend, Device and Notice.
func OpenPolicy(dir string, s *sim.Scenario, o EvalOptions) (*Player, error) {
	f := train.Folder(dir)
	c, err := edgeRun(f)
	if err != nil {
		return nil, err
	}
	if s, err = s.InUnitsOf(c.Scenario); err != nil {
		return nil, train.Usage(err)
	}
	from, err := o.checkpoint(f, c)
	if err != nil {
		return nil, err
	}
	backend, err := openBackend(o.train(c), false, false)
	if err != nil {
		return nil, err
	}
	p, err := marl.NewPolicy(&c.Train, from.State, marl.SizesOf(s), marl.Execution{Backend: backend, Seed: o.Seed})
	if err != nil {
		return nil, errors.Join(train.Usagef("%s: %w", from.Path, err), backend.Close())
	}
	return &Player{Policy: p, Scenario: s, backend: backend}, nil
}

// train are the settings of training with the backend that the options ask for.
func (o *EvalOptions) train(c *Config) *marl.Config {
	t := c.Train
	t.Threads = o.Threads
	if o.Backend != "" || o.Device != "" {
		t.Backend, t.Device, t.ISA = cmp.Or(o.Backend, "auto"), o.Device, ""
	}
	return &t
}
