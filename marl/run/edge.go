package run

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
)

// edge is the edge offloading game.
type edge struct{ *sim.Scenario }

var edgeMeasures = []Measure{
	{
		Name: CompletionName, Title: "completion", Digits: 4, Width: 15,
		Curve: "Completion rate", Axis: "completion rate", Listed: 24, Better: "completes more tasks", Verb: "completes",
	},
	{ // a failed task is charged its deadline
		Name: LatencyName, Title: "latency", Unit: "s", Digits: 3, Width: 15, Falling: true,
		Curve: "Mean latency, s (a failed task counts its deadline)", Axis: "Mean latency, s", Listed: 20,
	},
	{Name: "p95_latency_s", Title: "p95 latency", Unit: "s", Digits: 3, Width: 15, Falling: true}, // of the episode's tasks
	{Name: "reward", Title: "reward", Digits: 2, Width: 16, Listed: 22},                           // episode sum, mean over agents
	{Name: "energy_per_task_j", Title: "energy", Unit: "J/task", Digits: 1, Width: 15, Falling: true},
}

// qualityMeasure is one more where models have services.
var qualityMeasure = Measure{Name: "quality", Title: "quality", Digits: 3, Width: 15, Listed: 20, Axis: "quality of completed tasks"}

// ownNumbers warns readers of a meaningless comparison.
const ownNumbers = "The numbers of the scenario are GMEL's own and not the paper's, so this table cannot be compared with the paper's."

func (g edge) name() string          { return g.Name }
func (g edge) files() []setting.File { return g.Files() }
func (g edge) clone() game           { return edge{g.Clone()} }
func (g edge) ready()                { g.NormaliseShares() }
func (g edge) into(c *Config)        { c.Scenario, c.Spread = g.Scenario, nil }

func (g edge) digests() (map[string]string, error)        { return g.Digests() }
func (g edge) withDigests(digests map[string]string) game { return edge{g.WithDigests(digests)} }

func (g edge) section(c *Config) setting.Section {
	return setting.Section{
		Name: scenarioKey, Value: g.Scenario, Base: c.scenarioFrom, Docs: scenarioDocs, Files: g.Files(),
		Doc: "scenario is the game: a preset's name, a scenario file or the settings that differ from the preset paper.",
	}
}

func (g edge) fits(trained game) (game, error) {
	t, same := trained.(edge)
	if !same {
		return nil, otherGame(g, trained)
	}
	s, err := g.InUnitsOf(t.Scenario)
	return edge{s}, err
}

// worlds makes the worlds for training. Training reads rewards; evaluation has separate worlds.
func (g edge) worlds(c *Config, played sim.Slice, o train.Options) (marl.Env, error) {
	if err := worldsMemory(g.Scenario, played.Worlds, "train.worlds").Fit(train.FreeMemory(nil)); err != nil {
		return nil, err
	}
	worlds, err := sim.NewSlice(g.Scenario, played, marl.Split(c.Seed, marl.StreamWorld))
	if err != nil {
		return nil, err
	}
	worlds.SetThreads(threads(c.Train.Threads))
	worlds.RecordTasks(false)
	o.Say("%s of %s: %.3g MB on the engine %s", countedWorlds(played), train.Counted(int64(worlds.A), "IED"), float64(g.worldsBytes(played.Worlds))/1e6, worlds.Engine())
	if part := worlds.TracePart(); part != nil {
		o.Say("training plays %s", part)
		o.Say("evaluations play %s", worlds.EvaluationPart())
	}
	return marl.OffloadingFor(&c.Train, worlds), nil
}

// countedWorlds is how many worlds a rank plays.
func countedWorlds(played sim.Slice) string {
	if played.Worlds == played.All {
		return train.Counted(int64(played.All), "world")
	}
	return fmt.Sprintf("%d of %s", played.Worlds, train.Counted(int64(played.All), "world"))
}

func (g edge) worldsBytes(worlds int) int64 { return sim.Bytes(g.Scenario, worlds) }
func (g edge) sizes() marl.Sizes            { return marl.SizesOf(g.Scenario) }

func (g edge) evaluationMemory(episodes int, setting string) train.Memory {
	return evaluationMemory(g.Scenario, episodes, setting)
}

func (g edge) learned(p *marl.Policy) player { return edgePlayer{g.Scenario, p, true} }

func (g edge) heuristics(seed uint64) (all []player, err error) {
	for _, name := range sim.Policies() {
		p, err := sim.NewPolicy(name, g.Scenario, seed)
		if err != nil {
			return nil, err
		}
		all = append(all, edgePlayer{g.Scenario, p, false})
	}
	return all, nil
}

func (g edge) measures() []Measure {
	if g.HasServices() {
		return append(slices.Clone(edgeMeasures), qualityMeasure)
	}
	return edgeMeasures
}

func (g edge) paired() int { return 2 } // completion and latency

func (g edge) headline(values map[string]float64) string {
	if rate, ok := values[CompletionName]; ok {
		return fmt.Sprintf("completion %.1f %%", 100*rate)
	}
	return ""
}

// edgePlayer is a policy in the edge game.
type edgePlayer struct {
	scenario *sim.Scenario
	policy   sim.Policy
	learned  bool
}

func (p edgePlayer) name() string   { return p.policy.Name() }
func (p edgePlayer) release() error { return release(p.policy) }

func (p edgePlayer) play(ctx context.Context, c *comparison, t *Table) (Row, error) {
	t.Note = ownNumbers
	if text := p.scenario.Measured(); text != "" {
		t.Note += " The " + text + "."
	}
	s, episodes, err := measure(ctx, p.scenario, c, p.policy)
	if err != nil {
		return Row{}, err
	}
	t.TracePart = s.TracePart
	if text := marl.Degenerate(s); text != "" && p.learned {
		t.Warnings = append(t.Warnings, text)
	}
	of := edge{p.scenario}.measures()
	samples := make([][]float64, len(of))
	for _, e := range episodes {
		for i, v := range []float64{e.CompletionRate, e.MeanLatencyS, e.p95, e.RewardPerAgent, e.EnergyPerTaskJ, e.Quality}[:len(of)] {
			samples[i] = append(samples[i], v)
		}
	}
	row := newRow(s.Policy, of, samples)
	row.Knowledge, row.ActionShares, row.LevelShares, row.Hash = sim.Knowledge(s.Policy), s.ActionShares, s.LevelShares, s.Hash
	return row, nil
}

func (p edgePlayer) evaluate(ctx context.Context, c *Config) (train.Record, error) {
	s, err := marl.Evaluate(sim.SimulateOptions{
		Context: ctx, Scenario: p.scenario, Policy: p.policy, Episodes: c.Train.EvalEpisodes, Seed: c.EvalSeed, Threads: threads(c.Train.Threads),
	})
	if err = errors.Join(err, p.release()); err != nil {
		return train.Record{}, err
	}
	return summaryRecord(s), nil
}

// otherGame is the error for a policy of one game in another.
func otherGame(g, trained game) error {
	return fmt.Errorf("the policy was trained in %s and cannot play %s, which is another game", trained.name(), g.name())
}
