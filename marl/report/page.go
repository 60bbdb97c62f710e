package report

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/compare"
	"github.com/gmel-go/gmel/marl/doctor"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
)

// Options of a page.
type Options struct {
	Film bool // play the best policy of each scenario beside the best heuristic
	Live bool // the page asks its server for news
	Say  func(string)
}

// Page is the content of a report.
type Page struct {
	Title string
	Live  bool
	Tiles []Tile
	Notes []string
	Tasks []*Task
	Model []*Model
	Runs  []RunRow
	Wrong []*doctor.Diagnosis // of the runs with findings

	Settings  *Differing // of groups
	Versions  *Differing // of runs
	Scenarios *Differing
}

// Tile is a number that is told first.
type Tile struct{ Name, Value, More string }

// Task is what the page has of a scenario.
type Task struct {
	ID, Name  string
	Learning  []*Figure
	Training  []*Figure
	Choices   []*Figure
	Attention []*Figure // entropies during training
	Distances []*Figure // weights by distance at the end
	Final     *Final
	Splits    []Split
	Remarks   []string
	Film      template.URL
	FilmNote  string

	teams []*team
}

// New reads run folders. A folder that holds no run is a usage error; what is damaged in a run is a note on the page.
func New(dirs []string, o Options) (*Page, error) {
	var sources []*source
	for _, dir := range dirs {
		s, err := read(dir)
		if err != nil {
			return nil, err
		}
		sources = append(sources, s)
	}
	p := &Page{Live: o.Live}
	p.tasks(sources)
	for i, s := range sources {
		p.list(s)
		if s.past != nil {
			if d := doctor.Examine(s.past); len(d.Findings) > 0 {
				p.Wrong = append(p.Wrong, d)
			}
		}
		if s.model != nil {
			p.Model = append(p.Model, modelOf(fmt.Sprintf("m%d-", i), s))
		}
	}
	p.versions(sources)
	p.Title, p.Tiles = p.title(), p.tiles()
	if o.Film {
		p.film(o.Say)
	}
	return p, nil
}

// tasks sorts the runs of policies into scenarios and teams.
func (p *Page) tasks(sources []*source) {
	var runs []*run.Past
	attends := map[*run.Past]*marl.DistanceAttention{}
	for _, s := range sources {
		if s.past != nil {
			runs = append(runs, s.past)
		}
		if s.attention != nil {
			attends[s.past] = s.attention
		}
	}
	scenarios, groups := compare.Sort(runs)
	p.Settings, p.Scenarios = settings(groups, scenarios)
	for i, name := range scenarios {
		teams, id := teamsOf(groups, i), fmt.Sprintf("s%d-", i)
		t := &Task{ID: id, Name: name, teams: teams}
		t.Learning, t.Training = learning(id+"eval-", teams), training(id+"train-", teams)
		t.Choices, t.Attention = choices(id+"choice-", teams), attention(id+"attention-", teams)
		t.Distances = distances(id+"distance-", teams, attends)
		t.Final, t.Splits, t.Remarks = final(teams), splits(teams), remarks(teams)
		p.Tasks = append(p.Tasks, t)
	}
}

// title is what the runs are about.
func (p *Page) title() string {
	var words []string
	for _, t := range p.Tasks {
		words = append(words, t.Name)
	}
	if len(p.Model) > 0 {
		words = append(words, train.Counted(int64(len(p.Model)), "diffusion model"))
	}
	if len(words) == 0 {
		return "no run that can be shown"
	}
	return strings.Join(words, ", ")
}

// tiles are the best team's numbers in the first scenario, and what has become of the runs.
func (p *Page) tiles() (tiles []Tile) {
	if len(p.Tasks) > 0 && p.Tasks[0].Final != nil {
		tiles = p.Tasks[0].best()
	}
	states := map[string]int{}
	for _, r := range p.Runs {
		states[r.State]++
	}
	var words []string
	for _, state := range []string{"finished", "running", "stopped", "damaged"} {
		if n := states[state]; n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, state))
		}
	}
	return append(tiles, Tile{"runs", fmt.Sprint(len(p.Runs)), strings.Join(words, ", ")})
}

// best are the numbers of the team with the best score, beside the best heuristic.
func (t *Task) best() (tiles []Tile) {
	first := firstFinished(t.teams)
	measures, heuristic := first.Config.Compared(), bestHeuristic(first.Table)
	leader := t.leader()
	for _, m := range measures[:min(len(measures), 3)] {
		i, _ := leader.score(m)
		h := heuristic.Scores.Of(m.Name).Mean
		more := fmt.Sprintf("%s; %s has %.*f", leader.label, heuristic.Policy, m.Digits, h)
		tiles = append(tiles, Tile{m.Heading(), fmt.Sprintf("%.*f", m.Digits, i.Point), more})
	}
	return tiles
}

// leader is the team with the best score of those with a finished run.
func (t *Task) leader() *team {
	score := firstFinished(t.teams).Config.Measures()[0]
	return slices.MaxFunc(t.teams, func(a, b *team) int {
		x, n := a.score(score)
		y, m := b.score(score)
		return cmp.Or(cmp.Compare(min(n, 1), min(m, 1)), cmp.Compare(x.Point, y.Point))
	})
}

// figures are all that the page draws.
func (p *Page) figures() (all []*Figure) {
	for _, t := range p.Tasks {
		all = slices.Concat(all, t.Learning, t.Choices, t.Attention, t.Distances, t.Training)
	}
	for _, m := range p.Model {
		all = append(all, m.Figures...)
	}
	return all
}

// RunRow is a folder in the list of runs.
type RunRow struct {
	Folder, Kind, Seed, State, Updates, Time, Speed string
}

// list adds a folder to the list of runs, and what is wrong with it to the notes.
func (p *Page) list(s *source) {
	word, sentence := s.state()
	row := RunRow{Folder: string(s.folder), State: word}
	if sentence != "" {
		p.Notes = append(p.Notes, sentence+".")
	}
	for _, fault := range s.faults {
		p.Notes = append(p.Notes, fmt.Sprintf("%s: %s.", s.folder, strings.TrimPrefix(fault, string(s.folder)+": ")))
	}
	switch {
	case s.past != nil:
		row.Kind, row.Seed = p.label(s.past), fmt.Sprint(s.past.Config.Seed)
	case s.model != nil:
		row.Kind, row.Seed = "diffusion model "+s.model.config.Model.Size, fmt.Sprint(s.model.config.Seed)
	}
	if at, of := s.update(); of > 0 {
		row.Updates = fmt.Sprintf("%d of %d", at, of)
	}
	if n := len(s.timing); n > 0 {
		row.Time, row.Speed = duration(s.seconds()), fmt.Sprintf("%.3g", s.timing[n-1].Values["updates_per_s"])
	}
	p.Runs = append(p.Runs, row)
}

// label is that of the run's team.
func (p *Page) label(past *run.Past) string {
	for _, t := range p.Tasks {
		for _, team := range t.teams {
			if slices.Contains(team.runs, past) {
				return team.label
			}
		}
	}
	return ""
}

// duration is a time as people say it.
func duration(seconds float64) string {
	switch {
	case seconds < 100:
		return fmt.Sprintf("%.3g s", seconds)
	case seconds < 7200:
		return fmt.Sprintf("%.3g min", seconds/60)
	}
	return fmt.Sprintf("%.3g h", seconds/3600)
}
