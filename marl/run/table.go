package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
)

// Row is one policy of a comparison. Every number is a mean over episodes.
type Row struct {
	Policy       string         `json:"policy"`
	Completion   train.Interval `json:"completion_rate"`
	LatencyS     train.Interval `json:"mean_latency_s"` // a failed task is charged its deadline
	P95LatencyS  train.Interval `json:"p95_latency_s"`  // of the episode's tasks
	Reward       train.Interval `json:"reward"`         // episode sum, mean over agents
	EnergyJ      train.Interval `json:"energy_per_task_j"`
	ActionShares []float64      `json:"action_shares"` // local, candidate 1, 2, ...
	Hash         string         `json:"hash"`          // of all actions and rewards

	episodes []episode
}

// Difference compares a learned policy with the best heuristic, episode by
// episode on the same topologies, tasks and fading.
type Difference struct {
	Policy     string         `json:"policy"`
	Against    string         `json:"against"`
	Completion train.Interval `json:"completion_rate"`
	LatencyS   train.Interval `json:"mean_latency_s"`
}

// ownNumbers warns readers of a meaningless comparison.
const ownNumbers = "The numbers of the scenario are GMEL's own and not the paper's, so this table cannot be compared with the paper's."

// Files of the table in a run folder. The JSON file is written last: a run that has it is complete.
const (
	tableText = "table.md"
	tableJSON = "table.json"
)

// Table is the comparison of learned policies with all heuristics.
type Table struct {
	Scenario    string         `json:"scenario"`
	TrainedOn   *Training      `json:"trained_on,omitempty"` // only if that is another scenario
	Update      int            `json:"update"`
	Episodes    int            `json:"episodes"`
	Seed        uint64         `json:"seed"`
	TracePart   *sim.TracePart `json:"trace_part,omitempty"` // where the windows of an arrival trace were; nil without windows
	Rows        []Row          `json:"policies"`
	Differences []Difference   `json:"differences"`
	Warnings    []string       `json:"warnings"`
	Note        string         `json:"note"`
}

// Greedy is the row of the learned policy that takes the likeliest action, the last of the learned ones.
func (t *Table) Greedy() Row { return t.Rows[len(t.Differences)-1] }

// Heuristics are the rows that were not learned.
func (t *Table) Heuristics() []Row { return t.Rows[len(t.Differences):] }

// comparison has the inputs of a table.
type comparison struct {
	scenario *sim.Scenario
	training *Training // nil: on this scenario
	learned  []sim.Policy
	update   int
	episodes int
	seed     uint64
	threads  int
	progress func(done, total int)
}

// table plays every policy on the same evaluation seeds.
func (c *comparison) table(ctx context.Context) (*Table, error) {
	t := &Table{Scenario: c.scenario.Name, TrainedOn: c.training, Update: c.update, Episodes: c.episodes, Seed: c.seed, Warnings: []string{}, Note: ownNumbers}
	policies := slices.Clone(c.learned)
	for _, name := range sim.Policies() {
		p, err := sim.NewPolicy(name, c.scenario, c.seed)
		if err != nil {
			return nil, err
		}
		policies = append(policies, p)
	}
	for i, p := range policies {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		summary, episodes, err := measure(ctx, c, p)
		if err = errors.Join(err, release(p)); err != nil {
			return nil, fmt.Errorf("evaluating %s: %w", p.Name(), err)
		}
		t.TracePart = summary.TracePart
		t.Rows = append(t.Rows, newRow(summary, episodes))
		if text := marl.Degenerate(summary); text != "" && i < len(c.learned) {
			t.Warnings = append(t.Warnings, text)
		}
		if c.progress != nil {
			c.progress(i+1, len(policies))
		}
	}
	t.compare(len(c.learned))
	return t, nil
}

func newRow(s sim.Summary, episodes []episode) Row {
	over := func(f func(episode) float64) train.Interval { return train.IntervalOf(collectValues(episodes, f)) }
	return Row{
		Policy: s.Policy, ActionShares: s.ActionShares, Hash: s.Hash, episodes: episodes,
		Completion:  over(func(e episode) float64 { return e.CompletionRate }),
		LatencyS:    over(func(e episode) float64 { return e.MeanLatencyS }),
		P95LatencyS: over(func(e episode) float64 { return e.p95 }),
		Reward:      over(func(e episode) float64 { return e.RewardPerAgent }),
		EnergyJ:     over(func(e episode) float64 { return e.EnergyPerTaskJ }),
	}
}

// compare adds the differences of the first learned rows to the best heuristic.
func (t *Table) compare(learned int) {
	best := slices.MaxFunc(t.Rows[learned:], func(a, b Row) int {
		return cmp.Compare(a.Completion.Mean, b.Completion.Mean)
	})
	for _, r := range t.Rows[:learned] {
		d := Difference{
			Policy: r.Policy, Against: best.Policy,
			Completion: paired(r, best, func(e episode) float64 { return e.CompletionRate }),
			LatencyS:   paired(r, best, func(e episode) float64 { return e.MeanLatencyS }),
		}
		t.Differences = append(t.Differences, d)
		if !d.Completion.ExcludesZero() && !d.LatencyS.ExcludesZero() {
			t.Warnings = append(t.Warnings, fmt.Sprintf("%s and %s cannot be told apart by %d episodes", d.Policy, d.Against, t.Episodes))
		}
	}
}

// paired is the interval of the difference; both rows have the same episodes in the same order.
func paired(a, b Row, f func(episode) float64) train.Interval {
	x, y := collectValues(a.episodes, f), collectValues(b.episodes, f)
	for i := range x {
		x[i] -= y[i]
	}
	return train.IntervalOf(x)
}

func collectValues(episodes []episode, f func(episode) float64) []float64 {
	var x []float64
	for _, e := range episodes {
		x = append(x, f(e))
	}
	return x
}

// Markdown is the table as readable text.
func (t *Table) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Scenario %s, after %s; %s on evaluation seed %d; means over episodes with 95 %% intervals.\n\n",
		t.Scenario, train.Counted(int64(t.Update), "update"), train.Counted(int64(t.Episodes), "episode"), t.Seed)
	if t.TrainedOn != nil {
		fmt.Fprintf(&b, "%s\n\n", t.TrainedOn.text())
	}
	if t.TracePart != nil {
		fmt.Fprintf(&b, "Episodes play %s.\n\n", t.TracePart)
	}
	fmt.Fprintf(&b, "| %-14s | %-15s | %-15s | %-15s | %-16s | %-15s |\n", "policy", "completion", "latency s", "p95 latency s", "reward", "energy J/task")
	b.WriteString("|---|---|---|---|---|---|\n")
	for _, r := range t.Rows {
		fmt.Fprintf(&b, "| %-14s | %-15s | %-15s | %-15s | %-16s | %-15s |\n", r.Policy, r.Completion.Text(4), r.LatencyS.Text(3),
			r.P95LatencyS.Text(3), r.Reward.Text(2), r.EnergyJ.Text(1))
	}
	b.WriteString("\n")
	for _, d := range t.Differences {
		fmt.Fprintf(&b, "%s minus %s, the best heuristic: completion %s, latency %s s.\n", d.Policy, d.Against, d.Completion.Text(4), d.LatencyS.Text(3))
	}
	for _, w := range t.Warnings {
		fmt.Fprintf(&b, "Warning: %s.\n", w)
	}
	if t.Note != "" {
		fmt.Fprintf(&b, "Note: %s\n", t.Note)
	}
	return b.String()
}
