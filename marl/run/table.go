package run

import (
	"cmp"
	"context"
	"encoding/json"
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
	Policy       string
	Knowledge    string // of a reference: what it knows; "" for other policies
	Scores       Scores
	ActionShares []float64 // by action; in the edge game local, candidate 1, 2, ..., perhaps at several levels
	LevelShares  []float64 // of a scenario with services: by level of the model, cheapest first; nil for others
	Hash         string    // of all actions and rewards

	samples [][]float64 // by score, then by episode
}

// MarshalJSON puts the scores beside the other keys.
func (r Row) MarshalJSON() ([]byte, error) {
	o := Object{{"policy", r.Policy}}
	if r.Knowledge != "" {
		o = append(o, Field{"knowledge", r.Knowledge})
	}
	o = append(o, r.Scores.fields()...)
	o = append(o, Field{"action_shares", r.ActionShares})
	if r.LevelShares != nil {
		o = append(o, Field{"level_shares", r.LevelShares})
	}
	return json.Marshal(append(o, Field{"hash", r.Hash}))
}

// UnmarshalJSON reads it back.
func (r *Row) UnmarshalJSON(data []byte) error {
	var plain struct {
		Policy       string    `json:"policy"`
		Knowledge    string    `json:"knowledge"`
		ActionShares []float64 `json:"action_shares"`
		LevelShares  []float64 `json:"level_shares"`
		Hash         string    `json:"hash"`
	}
	if err := json.Unmarshal(data, &plain); err != nil {
		return err
	}
	r.Policy, r.Knowledge, r.Hash = plain.Policy, plain.Knowledge, plain.Hash
	r.ActionShares, r.LevelShares = plain.ActionShares, plain.LevelShares
	return r.Scores.read(data)
}

// Difference compares a learned policy with the best heuristic, episode by
// episode on the same worlds.
type Difference struct {
	Policy  string
	Against string
	Scores  Scores
}

// MarshalJSON puts the scores beside the other keys.
func (d Difference) MarshalJSON() ([]byte, error) {
	return json.Marshal(append(Object{{"policy", d.Policy}, {"against", d.Against}}, d.Scores.fields()...))
}

// UnmarshalJSON reads it back.
func (d *Difference) UnmarshalJSON(data []byte) error {
	var plain struct {
		Policy  string `json:"policy"`
		Against string `json:"against"`
	}
	if err := json.Unmarshal(data, &plain); err != nil {
		return err
	}
	d.Policy, d.Against = plain.Policy, plain.Against
	return d.Scores.read(data)
}

// attentionJSON has the attention by distance, of a run that has attention.
const attentionJSON = "attention.json"

// Files of the table in a run folder. The JSON file is written last: a run that has it is complete.
const (
	tableText = "table.md"
	TableJSON = "table.json"
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
	References  []Row          `json:"references,omitempty"` // policies that know more than an agent can, on request
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
	game     game
	training *Training // nil: in this scenario
	learned  []*marl.Policy
	update   int
	episodes int
	seed     uint64
	threads  int
	progress func(done, total int)

	references bool // play those, too
}

// table plays every policy on the same evaluation seeds.
func (c *comparison) table(ctx context.Context) (*Table, error) {
	t := &Table{Scenario: c.game.name(), TrainedOn: c.training, Update: c.update, Episodes: c.episodes, Seed: c.seed, Warnings: []string{}}
	players, err := c.game.heuristics(c.seed)
	if err != nil {
		return nil, err
	}
	for i, p := range c.learned {
		players = slices.Insert(players, i, c.game.learned(p))
	}
	known := len(players) // those before the references
	if c.references {
		more, err := c.game.references(c.seed)
		if err != nil {
			return nil, err
		}
		players = append(players, more...)
	}
	rows, err := c.play(ctx, players, t)
	if err != nil {
		return nil, err
	}
	t.Rows, t.References = rows[:known], rows[known:]
	t.compare(len(c.learned), c.game.paired())
	return t, nil
}

// play returns the rows of policies.
func (c *comparison) play(ctx context.Context, players []player, t *Table) (rows []Row, err error) {
	for i, p := range players {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		row, err := p.play(ctx, c, t)
		if err = errors.Join(err, p.release()); err != nil {
			return nil, fmt.Errorf("evaluating %s: %w", p.name(), err)
		}
		rows = append(rows, row)
		if c.progress != nil {
			c.progress(i+1, len(players))
		}
	}
	return rows, nil
}

// newRow computes the scores from samples by measure, then by episode.
func newRow(policy string, of []Measure, samples [][]float64) Row {
	r := Row{Policy: policy, samples: samples}
	for i, m := range of {
		r.Scores = append(r.Scores, Score{m, train.IntervalOf(samples[i])})
	}
	return r
}

// Best is the row with the best first score; of equal ones that with the best second score, and so on.
func Best(rows []Row) Row {
	return slices.MaxFunc(rows, func(a, b Row) int {
		for i := range a.Scores {
			by := cmp.Compare(a.Scores[i].Mean, b.Scores[i].Mean)
			if a.Scores[i].Falling {
				by = -by
			}
			if by != 0 {
				return by
			}
		}
		return 0
	})
}

// compare adds the differences of the first learned rows to the best heuristic, in the first n measures.
func (t *Table) compare(learned, n int) {
	best := Best(t.Rows[learned:])
	for _, r := range t.Rows[:learned] {
		d := Difference{Policy: r.Policy, Against: best.Policy}
		clear := false
		for i, s := range r.Scores[:n] {
			d.Scores = append(d.Scores, Score{s.Measure, paired(r.samples[i], best.samples[i])})
			clear = clear || d.Scores[i].ExcludesZero()
		}
		t.Differences = append(t.Differences, d)
		if !clear {
			t.Warnings = append(t.Warnings, fmt.Sprintf("%s and %s cannot be told apart by %d episodes", d.Policy, d.Against, t.Episodes))
		}
	}
}

// paired is the interval of the difference; both have the same episodes in the same order.
func paired(x, y []float64) train.Interval {
	x = slices.Clone(x)
	for i := range x {
		x[i] -= y[i]
	}
	return train.IntervalOf(x)
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
	t.writeRows(&b)
	b.WriteString("\n")
	for _, d := range t.Differences {
		var parts []string
		for _, s := range d.Scores {
			parts = append(parts, strings.TrimSpace(s.Title+" "+s.Text(s.Digits)+" "+s.Unit))
		}
		fmt.Fprintf(&b, "%s minus %s, the best heuristic: %s.\n", d.Policy, d.Against, strings.Join(parts, ", "))
	}
	for _, r := range slices.Concat(t.Rows, t.References) {
		if r.LevelShares != nil {
			fmt.Fprintf(&b, "Levels of %s, cheapest first: %.3f.\n", r.Policy, r.LevelShares)
		}
	}
	for _, r := range t.References {
		fmt.Fprintf(&b, "Reference: %s %s.\n", r.Policy, r.Knowledge)
	}
	for _, w := range t.Warnings {
		fmt.Fprintf(&b, "Warning: %s.\n", w)
	}
	if t.Note != "" {
		fmt.Fprintf(&b, "Note: %s\n", t.Note)
	}
	return b.String()
}

// writeRows writes a column for each measure.
func (t *Table) writeRows(b *strings.Builder) {
	first := t.Rows[0].Scores
	fmt.Fprintf(b, "| %-14s |", "policy")
	for _, s := range first {
		fmt.Fprintf(b, " %-*s |", s.Width, s.Heading())
	}
	b.WriteString("\n|---" + strings.Repeat("|---", len(first)) + "|\n")
	for _, r := range slices.Concat(t.Rows, t.References) {
		fmt.Fprintf(b, "| %-14s |", r.Policy)
		for _, s := range r.Scores {
			fmt.Fprintf(b, " %-*s |", s.Width, s.Text(s.Digits))
		}
		b.WriteString("\n")
	}
}
