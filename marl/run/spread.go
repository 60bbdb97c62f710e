package run

import (
	"context"
	"errors"
	"fmt"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/record"
	"github.com/gmel-go/gmel/sim"
	"github.com/gmel-go/gmel/sim/spread"
)

// spreading is simple_spread.
type spreading struct{ *spread.Scenario }

// ReturnName is the score of simple_spread: the sum of all rewards of an episode, over agents and cycles.
const ReturnName = "return"

var spreadMeasures = []Measure{
	{
		Name: ReturnName, Title: "return", Digits: 2, Width: 15,
		Curve: "Return, summed over agents", Axis: "return, summed over agents", Listed: 24, Better: "returns more", Verb: "returns",
	},
	{Name: "return_per_agent", Title: "return per agent", Digits: 2, Width: 16},
	{ // pairs of agents in contact, summed over cycles
		Name: "collisions", Title: "collisions", Digits: 2, Width: 15, Falling: true,
		Axis: "Pairs of agents in contact, summed over cycles", Listed: 22,
	},
	{Name: "covered", Title: "covered", Digits: 3, Width: 15, Listed: 20}, // share of the landmarks, in the last cycle
	{
		Name: "distance", Title: "distance", Digits: 3, Width: 15, Falling: true,
		Curve: "Distance from a landmark to the nearest agent, last cycle",
	},
}

// twoScales tells readers with which numbers to compare.
const twoScales = "return is summed over agents; publications state it so, or per agent."

func (g spreading) name() string          { return spread.Name }
func (g spreading) files() []setting.File { return nil }
func (g spreading) ready()                {}
func (g spreading) into(c *Config)        { c.Scenario, c.Spread = nil, g.Scenario }

func (g spreading) clone() game {
	s := *g.Scenario
	return spreading{&s}
}

func (g spreading) digests() (map[string]string, error) { return map[string]string{}, nil }
func (g spreading) withDigests(map[string]string) game  { return g.clone() }
func (g spreading) section(c *Config) setting.Section {
	return setting.Section{
		Name: scenarioKey, Value: g.Scenario, Base: c.spreadFrom, Docs: spread.Docs,
		Doc: "scenario is the game: here simple_spread, in which results can be compared with those of other programs.",
	}
}

// spreadFrom replaces the game by the defaults for a word, spread or spread:N.
func (c *Config) spreadFrom(word string, from setting.Origin) error {
	s, err := spread.Load(word)
	if err != nil {
		return train.Usage(&setting.Error{Origin: from, Path: scenarioKey, Problem: err.Error()})
	}
	*c.Spread = *s
	return nil
}

func (g spreading) fits(trained game) (game, error) {
	t, same := trained.(spreading)
	if !same {
		return nil, otherGame(g, trained)
	}
	if g.Agents != t.Agents {
		return nil, fmt.Errorf("the policy was trained with scenario.agents = %d and observes as many landmarks; it cannot play with %d", t.Agents, g.Agents)
	}
	return g, nil
}

func (g spreading) worlds(c *Config, played sim.Slice, o train.Options) (marl.Env, error) {
	memory := train.Memory{Parts: []train.MemoryPart{{What: "the worlds", Bytes: g.worldsBytes(played.Worlds), Setting: "train.worlds"}}}
	if err := memory.Fit(train.FreeMemory(nil)); err != nil {
		return nil, err
	}
	w, err := spread.NewSlice(g.Scenario, played, marl.Split(c.Seed, marl.StreamWorld))
	if err != nil {
		return nil, train.Usage(err)
	}
	w.SetThreads(threads(c.Train.Threads))
	o.Say("%s of simple_spread with %s: %.3g MB", countedWorlds(played), train.Counted(int64(g.Agents), "agent"), float64(memory.Bytes())/1e6)
	return w, nil
}

func (g spreading) worldsBytes(worlds int) int64 { return spread.Bytes(g.Scenario, worlds) }
func (g spreading) sizes() marl.Sizes {
	return marl.Sizes{Worlds: 1, Agents: g.Agents, Obs: g.ObsSize(), Actions: spread.Actions}
}

func (g spreading) evaluationMemory(episodes int, setting string) train.Memory {
	policies := int64(len(spread.Policies()) + 2) // and the learned one, sampled and greedy
	return train.Memory{Parts: []train.MemoryPart{
		{What: "the worlds of an evaluation", Bytes: g.worldsBytes(spread.DefaultWorlds(episodes)), Setting: setting + " below 64, or scenario.agents"},
		{What: "the results of the episodes", Bytes: train.Times(policies*2*spread.EpisodeBytes, episodes), Setting: setting},
	}}
}

func (g spreading) learned(p *marl.Policy) player {
	return spreadPlayer{g.Scenario, marl.SpreadPolicy{Policy: p}}
}

func (g spreading) heuristics(seed uint64) (all []player, err error) {
	for _, name := range spread.Policies() {
		p, err := spread.NewPolicy(name, seed)
		if err != nil {
			return nil, err
		}
		all = append(all, spreadPlayer{g.Scenario, p})
	}
	return all, nil
}

func (g spreading) measures() []Measure { return spreadMeasures }
func (g spreading) paired() int         { return 1 } // the return

func (g spreading) headline(values map[string]float64) string {
	if v, ok := values[ReturnName]; ok {
		return fmt.Sprintf("return %.1f", v)
	}
	return ""
}

// spreadPlayer is a policy in simple_spread.
type spreadPlayer struct {
	scenario *spread.Scenario
	policy   spread.Policy
}

func (p spreadPlayer) name() string   { return p.policy.Name() }
func (p spreadPlayer) release() error { return release(p.policy) }

func (p spreadPlayer) play(ctx context.Context, c *comparison, t *Table) (Row, error) {
	t.Note = twoScales
	r, err := spread.Play(ctx, spread.Game{Scenario: p.scenario, Episodes: c.episodes, Seed: evaluationSeed(c.seed), Threads: c.threads}, p.policy)
	if err != nil {
		return Row{}, err
	}
	row := newRow(p.name(), spreadMeasures, p.samples(r))
	row.ActionShares, row.Hash = r.ActionShares, r.Hash
	return row, nil
}

// samples are the measures of the episodes.
func (p spreadPlayer) samples(r spread.Record) [][]float64 {
	agents, samples := float64(p.scenario.Agents), make([][]float64, len(spreadMeasures))
	for _, e := range r.Episodes {
		for i, v := range []float64{e.Return, e.Return / agents, float64(e.Collisions), float64(e.Covered) / agents, e.Distance} {
			samples[i] = append(samples[i], v)
		}
	}
	return samples
}

func (p spreadPlayer) evaluate(ctx context.Context, c *Config) (train.Record, error) {
	seen := comparison{episodes: c.Train.EvalEpisodes, seed: c.EvalSeed, threads: threads(c.Train.Threads)}
	row, err := p.play(ctx, &seen, new(Table))
	if err = errors.Join(err, p.release()); err != nil {
		return train.Record{}, fmt.Errorf("evaluating %s: %w", p.name(), err)
	}
	r := train.Record{Kind: row.Policy}
	for _, s := range row.Scores {
		r.Scalars = append(r.Scalars, record.Scalar{Name: s.Name, Value: s.Mean})
	}
	return r, nil
}
