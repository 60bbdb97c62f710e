package sweep

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/gmel-go/gmel/internal/aggregate"
	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
)

// Trial is one choice of settings, with a run for each seed.
type Trial struct {
	Number   int      `json:"trial"`
	Settings []string `json:"settings"`        // path=value, in the order of the space
	Fault    string   `json:"fault,omitempty"` // why these settings cannot be trained
	Runs     []*Run   `json:"-"`
}

// folder of a trial has its lock and its record. The process that holds the lock works on the trial. One that was killed holds nothing,
// so the next takes the trial as it is.
func (s *Search) folder(number int) train.Folder {
	return train.Folder(filepath.Join(s.Folder, fmt.Sprintf("trial-%d", number)))
}

func (s *Search) record(number int) string { return s.folder(number).File("trial.json") }

// newTrial has the settings of an answer.
func (s *Search) newTrial(number int, settings map[string]any) (*Trial, error) {
	t := &Trial{Number: number}
	for _, p := range s.space {
		value, there := settings[p.Path]
		if !there {
			return nil, fmt.Errorf("the sampler of the search says nothing about %s of trial %d", p.Path, number)
		}
		t.Settings = append(t.Settings, fmt.Sprintf("%s=%v", p.Path, value))
	}
	return t, nil
}

// load reads the configurations of the trial's runs and names their folders.
func (s *Search) load(t *Trial) error {
	for i, seed := range s.seeds {
		r := *s.base
		r.Index, r.Seed, r.Sets = t.Number*len(s.seeds)+i, seed, slices.Concat(s.base.Sets, t.Settings)
		var err error
		if r.Config, err = run.Load(r.Sources()); err != nil {
			return err
		}
		if err = r.place(s.out); err != nil {
			return err
		}
		t.Runs = append(t.Runs, &r)
	}
	return nil
}

// save writes the record of a trial, from which others list it without the sampler.
func (s *Search) save(t *Trial) error {
	text, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	return disk.Write(s.record(t.Number), append(text, '\n'))
}

// Begun lists the trials that have settings, by their numbers.
func (s *Search) Begun() (all []*Trial, err error) {
	for number := range s.Trials {
		text, err := os.ReadFile(s.record(number))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		t := new(Trial)
		if err == nil {
			err = json.Unmarshal(text, t)
		}
		if err == nil && t.Fault == "" {
			err = s.load(t)
		}
		if err != nil {
			return nil, fmt.Errorf("%s cannot be read: %w", s.record(number), err)
		}
		all = append(all, t)
	}
	return all, nil
}

// value is the interquartile mean of the goal over the tables of a trial's runs; ok is false where it is no number.
func (s *Search) value(tables []*run.Table) (value float64, ok bool) {
	var scores []float64
	for _, table := range tables {
		scores = append(scores, table.Greedy().Scores.Of(s.goal.Name).Mean)
	}
	value = aggregate.IQM(aggregate.Scores{scores})
	return value, !math.IsNaN(value) && !math.IsInf(value, 0)
}
