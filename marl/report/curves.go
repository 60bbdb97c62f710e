package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gmel-go/gmel/internal/aggregate"
	"github.com/gmel-go/gmel/marl/compare"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/record"
)

// team is a group of runs in one scenario: they differ in their seed alone.
type team struct {
	label  string
	colour int // the same in all figures and tables
	runs   []*run.Past
}

// teamsOf are the groups that have runs in a scenario.
func teamsOf(groups []compare.Group, scenario int) (all []*team) {
	for i, g := range groups {
		if runs := g.Tasks[scenario]; len(runs) > 0 {
			all = append(all, &team{g.Label, i, runs})
		}
	}
	return all
}

// Labels of axes. Updates of different algorithms are no common scale.
const (
	slotsLabel  = "slots played, all worlds together"
	updateLabel = "updates"
)

// summary turns the values of runs into a point.
type summary func(values []float64) point

// sampled is the interquartile mean over runs with its interval by bootstrap, as gmel compare has it.
func sampled(values []float64) point {
	b := aggregate.Bootstrap{Resamples: aggregate.Resamples}
	i := b.Interval(aggregate.IQM, aggregate.Scores{values})
	return point{i.Point, i.Low, i.High, len(values)}
}

// averaged is the mean over runs with Student's interval. It costs little, and reports of training are many.
func averaged(values []float64) point {
	i := train.IntervalOf(values)
	return point{i.Mean, i.Mean - i.Half, i.Mean + i.Half, len(values)}
}

// lines are the records of a run from which a number is taken.
type lines func(*run.Past) []record.Line

// curve is a number of a team over the slots that were played. Where runs have not come as far, it is that of those that have.
func (t *team) curve(of lines, name string, sum summary) curve {
	values := map[float64][]float64{}
	for _, p := range t.runs {
		for _, line := range of(p) {
			if v, there := line.Values[name]; there && !math.IsNaN(v) {
				x := math.Round(p.SlotsAt(line.Update))
				values[x] = append(values[x], v)
			}
		}
	}
	return summed(Series{Name: t.label, Colour: t.colour}, values, sum)
}

// summed is a line of the values at each place.
func summed(s Series, values map[float64][]float64, sum summary) curve {
	c := curve{Series: s, at: map[float64]point{}}
	for x, v := range values {
		if c.at[x] = unsure(v[0]); len(v) > 1 {
			c.at[x] = sum(v)
		}
	}
	return c
}

// names are the numbers in some records of the teams.
func names(teams []*team, of lines) (all []string) {
	seen := map[string]bool{}
	for _, t := range teams {
		for _, p := range t.runs {
			for _, line := range of(p) {
				for name := range line.Values {
					seen[name] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// learning are the curves of the greedy policies in evaluations, with the levels of the heuristics.
func learning(id string, teams []*team) (all []*Figure) {
	finished := firstFinished(teams)
	for _, m := range teams[0].runs[0].Config.Measures() {
		f := &Figure{ID: id + m.Name, Title: capital(m.Title), Unit: m.Unit, XLabel: slotsLabel}
		var curves []curve
		for _, t := range teams {
			curves = append(curves, t.curve((*run.Past).Greedy, m.Name, sampled))
		}
		if finished != nil {
			best := bestHeuristic(finished.Table)
			for _, h := range finished.Table.Heuristics() {
				curves = append(curves, level(h.Policy, h.Scores.Of(m.Name).Mean, h.Policy != best.Policy))
			}
		}
		if f.draw(curves); len(f.X) > 0 {
			all = append(all, f)
		}
	}
	return all
}

// bestHeuristic is the best row of a table that was not learned.
func bestHeuristic(t *run.Table) run.Row { return run.Best(t.Heuristics()) }

func firstFinished(teams []*team) *run.Past {
	for _, t := range teams {
		for _, p := range t.runs {
			if p.Table != nil {
				return p
			}
		}
	}
	return nil
}

// order is that of the figures of training; what is not in it comes after.
var order = []string{
	"reward_mean", "critic_loss", "actor_loss", "td_error", "unexplained", "explained_variance", "entropy", "target_mean",
	"grad_norm_critic", "grad_norm_actor", "grad_norm_mixer", "clip_fraction", "approx_kl", "reward_std", "alpha", "epsilon", "temperature", "lr_share",
}

// titles are those that the name of a number does not say.
var titles = map[string]string{
	"td_error": "TD error", "unexplained": "Unexplained variance", "approx_kl": "Approximate KL divergence", "lr_share": "Share of the learning rate",
	"grad_norm_critic": "Gradient norm, critic", "grad_norm_actor": "Gradient norm, actor", "grad_norm_mixer": "Gradient norm, mixer",
	"reward_mean": "Mean of rewards", "reward_std": "Deviation of rewards", "target_mean": "Mean of targets", "alpha": "Weight of the entropy",
}

// spoken is the name of a number as people say it.
func spoken(name string) string {
	if title, there := titles[name]; there {
		return title
	}
	return capital(strings.ReplaceAll(name, "_", " "))
}

func rank(name string) int {
	if i := slices.Index(order, name); i >= 0 {
		return i
	}
	return len(order)
}

// training are the curves of the reports of training.
func training(id string, teams []*team) (all []*Figure) {
	list := names(teams, (*run.Past).Training)
	slices.SortStableFunc(list, func(a, b string) int { return rank(a) - rank(b) })
	for _, name := range list {
		if name == run.SlotsName || strings.HasPrefix(name, headPrefix) {
			continue
		}
		f := &Figure{ID: id + name, Title: spoken(name), XLabel: slotsLabel}
		var curves []curve
		for _, t := range teams {
			if c := t.curve((*run.Past).Training, name, averaged); len(c.at) > 0 {
				curves = append(curves, c)
			}
		}
		if f.draw(curves); len(f.X) > 0 {
			all = append(all, f)
		}
	}
	return all
}

// numbered are the curves of a team whose names are a prefix and a number, such as the actions.
func (t *team) numbered(of lines, prefix string, title func(n int) string) (curves []curve) {
	for n := 0; ; n++ {
		c := t.curve(of, prefix+strconv.Itoa(n), averaged)
		if len(c.at) == 0 {
			return curves
		}
		c.Name, c.Colour = title(n), n
		curves = append(curves, c)
	}
}

// choices are the shares of the actions in evaluations, a figure for each team.
func choices(id string, teams []*team) (all []*Figure) {
	for i, t := range teams {
		f := &Figure{ID: fmt.Sprintf("%s%d", id, i), Title: t.label, XLabel: slotsLabel, Stack: true}
		curves := t.numbered((*run.Past).Greedy, "share_action_", action)
		t.nameLevels(curves)
		withoutIntervals(curves) // shares add up; their intervals would not
		if f.draw(curves); len(f.X) > 0 {
			all = append(all, f)
		}
	}
	return all
}

// nameLevels completes the names of actions where they have levels: those of level 0 come first, then the same at the next one.
func (t *team) nameLevels(curves []curve) {
	levels := 0
	for len(t.curve((*run.Past).Greedy, "share_level_"+strconv.Itoa(levels+1), averaged).at) > 0 {
		levels++
	}
	for n := range curves {
		if d := len(curves) / max(1, levels); levels > 1 {
			curves[n].Name = fmt.Sprintf("%s, level %d", action(n%d), n/d+1)
		}
	}
}

func withoutIntervals(curves []curve) {
	for i := range curves {
		for x, p := range curves[i].at {
			curves[i].at[x] = unsure(p.y)
		}
	}
}

func action(n int) string {
	if n == 0 {
		return "local"
	}
	return fmt.Sprintf("candidate %d", n)
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
