package sim

import "math"

// batchTime is the time of a service in seconds of its device: between measured batches on the straight line of their times.
func batchTime(v *Service, b, steps int) float64 {
	column := 0
	for v.Steps[column] != steps {
		column++
	}
	for row, size := range v.Batches {
		if b == size {
			return v.Seconds[row][column]
		}
		if b < size {
			share := float64(b-v.Batches[row-1]) / float64(size-v.Batches[row-1])
			return (1-share)*v.Seconds[row-1][column] + share*v.Seconds[row][column]
		}
	}
	panic("no such batch")
}

// stepsOf are the steps of a level of a model, 0 if it does not have it.
func stepsOf(m *Model, level int) int {
	list := m.Levels
	if len(list) == 0 {
		list = m.Service.Steps
	}
	if level >= len(list) {
		return 0
	}
	return list[level]
}

func qualityOf(m *Model, steps int) float64 {
	for i, s := range m.Service.Steps {
		if s == steps && len(m.Service.Quality.Frechet) > 0 {
			return math.Min(1, m.Service.Quality.Floor/m.Service.Quality.Frechet[i])
		}
	}
	return 0
}

// mostCycles is the largest work of a task in the scenario.
func mostCycles(s *Scenario) (most float64) {
	for k := range s.Tasks.Models {
		m := &s.Tasks.Models[k]
		most = math.Max(most, m.Gcycles[1]*1e9)
		for l := range s.Levels() {
			if steps := stepsOf(m, l); steps > 0 {
				most = math.Max(most, batchTime(&m.Service, 1, steps)*1e9)
			}
		}
	}
	return most
}

// seenLevels is what IED i observes of the levels of its task.
func (n *naive) seenLevels(w *Worlds, i int) []float64 {
	levels := n.s.Levels()
	seen := make([]float64, 1+2*levels)
	k := w.model[i]
	if k < 0 {
		return seen
	}
	m := &n.s.Tasks.Models[k]
	seen[0] = float64(w.least[i])
	for l := range levels {
		if steps := stepsOf(m, l); steps > 0 {
			seen[1+l], seen[1+levels+l] = qualityOf(m, steps), batchTime(&m.Service, 1, steps)*1e9/mostCycles(n.s)
		}
	}
	return seen
}

// legalSteps reports whether IED i may choose a level, and sets close where rounding decides.
func (n *naive) legalSteps(w *Worlds, i, level int) bool {
	k := w.model[i]
	if k < 0 || n.s.Levels() == 0 {
		return level == 0
	}
	steps := stepsOf(&n.s.Tasks.Models[k], level)
	if steps == 0 {
		return false
	}
	q, least := qualityOf(&n.s.Tasks.Models[k], steps), float64(w.least[i])
	n.close = n.close || q != least && math.Abs(q-least) < 1e-6
	return q >= least-1e-6
}

// batchSeconds is the time of jobs that run together, on a device of speed 1 or, without services, in Gcycles.
func (n *naive) batchSeconds(batch []*job) float64 {
	b, longest := len(batch), 0.0
	for _, x := range batch {
		m := &n.s.Tasks.Models[x.model]
		seconds := x.cycles / 1e9
		if x.steps > 0 {
			seconds = batchTime(&m.Service, b, x.steps)
		}
		longest = math.Max(longest, seconds)
	}
	if n.s.Levels() > 0 {
		return longest
	}
	phi := n.s.Compute.Batch.FixedShare
	return longest * (phi + float64(b) - phi*float64(b))
}

// anyServices are services of the three models of paper, or none. Load times and work are within those of paper.
func anyServices(s *Scenario, which int) {
	if which == 0 {
		return
	}
	for k := range s.Tasks.Models {
		m := &s.Tasks.Models[k]
		v := Service{
			Device: "a device", LoadS: m.LoadS, ResultBits: int64(m.ResultMbit * 1e6), Steps: []int{1, 2, 5}, Batches: []int{1, 3, 8},
			Seconds: [][]float64{{0.5, 1, 2.4}, {0.8, 1.6, 4}, {1.5, 3.1, 7}}, Quality: Quality{Floor: 1.5, Frechet: []float64{6, 3, 2}},
		}
		*m = Model{Name: m.Name, Share: m.Share, DataMbit: m.DataMbit, DeadlineS: m.DeadlineS, Service: v}
		if k == 1 && which == 2 {
			m.Levels = []int{2}
		}
		m.LeastQuality = Range{0.2, qualityOf(m, 5) - 0.05}
		if len(m.Levels) > 0 {
			m.LeastQuality = Range{0, 0.5}
		}
	}
	s.Compute.Batch.FixedShare = 0
	s.Reward.QualityWeight = float64(which-1) * 0.7
}
