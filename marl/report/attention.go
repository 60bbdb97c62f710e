package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/run"
)

// headPrefix begins the names of the entropies of attention heads.
const headPrefix = "attention_entropy_"

func head(n int) string { return fmt.Sprintf("head %d", n) }

// attention are the entropies of the heads of attention, a figure for each team that has some.
func attention(id string, teams []*team) (all []*Figure) {
	for i, t := range teams {
		f := &Figure{ID: fmt.Sprintf("%s%d", id, i), Title: t.label, Unit: "nats", XLabel: slotsLabel}
		curves := t.numbered((*run.Past).Training, headPrefix, head)
		if len(curves) == 0 || !slices.ContainsFunc(curves, above0) {
			continue
		}
		withoutIntervals(curves) // of all heads together nothing could be seen
		if n := t.listens(); n > 1 {
			curves = append(curves, level("uniform", math.Log(float64(n)), false))
		}
		f.draw(curves)
		all = append(all, f)
	}
	return all
}

// above0 is false for a head that is switched off, whose entropy is 0 throughout.
func above0(c curve) bool {
	for _, p := range c.at {
		if p.y > 0 {
			return true
		}
	}
	return false
}

// listens is the number of agents to which one attends: all others, or those of its group.
func (t *team) listens() int {
	scenario, others := t.runs[0].Config.Settings()
	n, _ := strconv.Atoi(scenario["ieds"])
	for path, value := range others {
		if strings.HasSuffix(path, ".neighbours") {
			if group, _ := strconv.Atoi(value); group > 0 {
				n = group
			}
		}
	}
	return n - 1
}

// distances are the weights of attention by distance at the end of runs, a figure for each team that has some.
func distances(id string, teams []*team, of map[*run.Past]*marl.DistanceAttention) (all []*Figure) {
	for i, t := range teams {
		values := map[string]map[float64][]float64{} // by name of a line, then by distance
		uniform, heads := 0.0, 0
		for _, p := range t.runs {
			if a := of[p]; a != nil {
				uniform, heads = float64(a.Uniform), len(a.Heads)
				gather(values, allHeads, a.DistanceM, a.Mean)
				for n, weights := range a.Heads {
					gather(values, head(n), a.DistanceM, weights)
				}
			}
		}
		if len(values) == 0 {
			continue
		}
		f := &Figure{ID: fmt.Sprintf("%s%d", id, i), Title: t.label, Unit: "weight", XLabel: distanceLabel}
		var curves []curve
		for n := range heads {
			curves = append(curves, summed(Series{Name: head(n), Colour: n}, values[head(n)], averaged))
		}
		withoutIntervals(curves) // of all heads together nothing could be seen
		f.draw(append(curves, summed(Series{Name: allHeads, Colour: heads}, values[allHeads], averaged), level("uniform", uniform, false)))
		all = append(all, f)
	}
	return all
}

const (
	allHeads      = "all heads"
	distanceLabel = "distance, m"
)

// gather adds the weights of a run to those of a line.
func gather(values map[string]map[float64][]float64, line string, distances, weights []float32) {
	if values[line] == nil {
		values[line] = map[float64][]float64{}
	}
	for i, d := range distances {
		values[line][float64(d)] = append(values[line][float64(d)], float64(weights[i]))
	}
}
