package loop

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
)

// Kinds of policies.
const (
	ideal     = "ideal"
	rule      = "rule"
	reference = "reference" // it knows more than an IED can
	learned   = "learned"
)

// server is a policy that is to play.
type server struct {
	kind, name string
	open       func() (sim.Policy, *sim.Scenario, func() error, error)
}

// serving lets all policies play.
func (l *loop) serving(ctx context.Context, r *seedResult) error {
	servers, err := l.servers(ctx, r.seed)
	if err != nil {
		return err
	}
	for i, s := range servers {
		path := l.ofSeed(r.seed, "plays", fmt.Sprintf("%02d-%s.json", i, filepath.Base(s.name)))
		p, err := stage(path, func() (*played, error) { return l.playOf(ctx, &s, r.seed) })
		if err != nil {
			return err
		}
		p.nameMixtures(l.config.Classifier.StepShares)
		if p.policy, p.kind = s.name, s.kind; s.kind == ideal {
			r.ideal = p
		} else {
			r.plays = append(r.plays, p)
		}
		l.finish()
	}
	return nil
}

// playOf plays a policy. The ideal edge serves what IEDs ask for, which is the same for every policy.
func (l *loop) playOf(ctx context.Context, s *server, seed uint64) (p *played, err error) {
	policy, scenario, done, err := s.open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	if p, err = l.play(ctx, policy, scenario, seed); err != nil {
		return nil, err
	}
	if s.kind == ideal {
		return p.ideal, nil
	}
	return p, nil
}

// servers are the policies of a seed, trained where they need to be.
func (l *loop) servers(ctx context.Context, seed uint64) (all []server, err error) {
	own := func(name string) func() (sim.Policy, *sim.Scenario, func() error, error) {
		return func() (sim.Policy, *sim.Scenario, func() error, error) {
			p, err := sim.NewPolicy(name, l.scenario, derive(seed, forPolicy, 0))
			return p, l.scenario, func() error { return nil }, err
		}
	}
	all = append(all, server{ideal, ideal, own("local")})
	for _, name := range l.config.Policies.Rules {
		kind := rule
		if slices.Contains(sim.References(), name) {
			kind = reference
		}
		all = append(all, server{kind, name, own(name)})
	}
	for _, algo := range l.config.Policies.Learn {
		dir := l.ofSeed(seed, "policy-"+algo)
		if err := l.trainPolicy(ctx, algo, dir, seed); err != nil {
			return nil, err
		}
		l.finish()
		all = append(all, server{learned, algo, l.trainedPolicy(dir, seed)})
	}
	for _, dir := range l.config.Policies.Runs {
		all = append(all, server{learned, filepath.Base(dir), l.trainedPolicy(dir, seed)})
	}
	return all, nil
}

// tableEpisodes are those of the table at the end of a training, which nothing here reads.
const tableEpisodes = 2

// trainPolicy trains an algorithm on the scenario, or resumes its training.
func (l *loop) trainPolicy(ctx context.Context, algo, dir string, seed uint64) error {
	of := derive(seed, forPolicy, 1)
	sets := []string{
		fmt.Sprintf("train.updates=%d", l.config.Policies.Updates), "train.eval_every=0", fmt.Sprintf("table_episodes=%d", tableEpisodes),
		fmt.Sprintf("scenario.ieds=%d", l.scenario.IEDs), fmt.Sprintf("train.threads=%d", l.options.Threads),
	}
	src := run.Sources{Algo: algo, Scenario: l.config.World.Scenario, Sets: sets, Seed: &of, Backend: l.options.Backend, Device: l.options.Device}
	r, err := run.TrainOrResume(ctx, src, train.Options{Out: dir, StealLock: l.options.StealLock})
	if err == nil && r.Interrupted {
		err = train.ErrInterrupted
	}
	return err
}

// trainedPolicy opens the policy of a run.
func (l *loop) trainedPolicy(dir string, seed uint64) func() (sim.Policy, *sim.Scenario, func() error, error) {
	return func() (sim.Policy, *sim.Scenario, func() error, error) {
		p, err := run.OpenPolicy(dir, l.scenario, run.EvalOptions{
			Seed: seed, Threads: l.options.Threads, Backend: l.options.Backend, Device: l.options.Device, Notice: l.options.Notice,
		})
		if err != nil {
			return nil, nil, nil, err
		}
		return p, p.Scenario, p.Close, nil
	}
}
