package sweep

import (
	"fmt"
	"strings"

	"github.com/gmel-go/gmel/marl/compare"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
)

// Status is how far a run is.
type Status struct {
	Index    int    `json:"index"`
	Folder   string `json:"folder"`
	Settings string `json:"settings"`
	Seed     uint64 `json:"seed"`
	Begun    bool   `json:"begun"`
	Finished bool   `json:"finished"`
	Update   int    `json:"update"`
	Updates  int    `json:"updates"`
}

// Status reads how far every run is.
func (p *Plan) Status() (all []Status, err error) {
	for _, r := range p.Runs {
		s := Status{Index: r.Index, Folder: r.Folder, Settings: r.Label(), Seed: r.Seed, Updates: r.Config.Train.Updates}
		if s.Begun = train.Folder(r.Folder).HasRun(); s.Begun {
			past, err := run.ReadPast(r.Folder)
			if err != nil {
				return nil, err
			}
			s.Update, s.Finished = past.Update(), past.Table != nil
		}
		all = append(all, s)
	}
	return all, nil
}

// Text is the state in words.
func (s *Status) Text() string {
	switch {
	case s.Finished:
		return "finished"
	case s.Begun:
		return fmt.Sprintf("update %d of %d", s.Update, s.Updates)
	}
	return "not begun"
}

// Markdown is a table of states.
func Markdown(all []Status) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| %5s | %-20s | %6s | %-40s | %s |\n|---|---|---|---|---|\n", "index", "state", "seed", "folder", "settings")
	for _, s := range all {
		fmt.Fprintf(&b, "| %5d | %-20s | %6d | %-40s | %s |\n", s.Index, s.Text(), s.Seed, s.Folder, s.Settings)
	}
	return b.String()
}

// Compare compares the finished runs. Runs that have not begun are listed with those that are not finished.
func (p *Plan) Compare() (*compare.Comparison, error) {
	var begun []string
	var missing []compare.Unfinished
	for _, r := range p.Runs {
		if train.Folder(r.Folder).HasRun() {
			begun = append(begun, r.Folder)
		} else {
			missing = append(missing, compare.Unfinished{Folder: r.Folder, Updates: r.Config.Train.Updates})
		}
	}
	c, err := compare.Read(begun)
	if err == nil {
		c.Missing = missing
	}
	return c, err
}
