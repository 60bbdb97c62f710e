package export

import (
	"bytes"
	_ "embed"
	"fmt"
	"math"
	"slices"
	"text/template"

	"github.com/gmel-go/gmel/marl/actor"
	"github.com/gmel-go/gmel/marl/run"
)

//go:embed card.md.tmpl
var cardText string

var cardTemplate = template.Must(template.New("README.md").Parse(cardText))

// card is what the model card tells.
type card struct {
	*actor.Contract
	Scenario string
	Slot     bool       // slots have a length in s
	Illegal  int        // actions that need more than to exist
	Scores   run.Scores // of the policy in the final table; nil if the run is not complete
	Table    string
	NoTable  string // why there is none
	Curve    bool
	Film     bool
}

// newCard is the model card of a policy, with pictures by their names.
func newCard(c *actor.Contract, t *run.Trained, pictures map[string][]byte) *card {
	x := &card{
		Contract: c, Scenario: t.Scenario(), Slot: c.Game.SlotS > 0, Illegal: len(c.Interface.Actions) - 1,
		Curve: pictures[curveFile] != nil, Film: pictures[filmFile] != nil, NoTable: "Training was not complete, so there is no table of results.",
	}
	if t.Damage != nil {
		x.NoTable = "The records of the run are damaged, so there is no table of results."
	}
	if t.Table != nil && t.Table.Update == c.Checkpoint.Update {
		x.Scores, x.Table = numbers(t.Table.Greedy().Scores), t.Table.Markdown()
	}
	return x
}

// numbers are the scores that have a value.
func numbers(all run.Scores) run.Scores {
	return slices.DeleteFunc(slices.Clone(all), func(s run.Score) bool { return math.IsNaN(s.Mean) })
}

// text is the card in Markdown, with the front matter of Hugging Face.
func (c *card) text() ([]byte, error) {
	var b bytes.Buffer
	if err := cardTemplate.Execute(&b, c); err != nil {
		return nil, fmt.Errorf("export: the model card: %w", err)
	}
	return b.Bytes(), nil
}
