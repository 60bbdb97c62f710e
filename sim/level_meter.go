package sim

import "math"

// observeLevel counts the level of an agent's task, and the quality of its result.
func (m *Meter) observeLevel(w *Worlds, n int, e *worldMeter) {
	_, level := w.p.split(w.Task.Action[n])
	m.levels[level]++
	if w.Task.Completed[n] {
		e.quality += float64(w.p.levelQuality[int(w.Task.Model[n])*w.p.levels+int(level)])
	}
}

// quality is the mean over completed tasks; NaN without services, or without such tasks.
func (m *Meter) quality(sum float64, completed int64) float64 {
	if len(m.levels) == 0 || completed == 0 {
		return math.NaN()
	}
	return sum / float64(completed)
}

// addLevels completes a summary where there are services.
func (m *Meter) addLevels(out *Summary, s *sums) {
	out.Measured = m.measured
	if q := m.quality(s.quality, s.completed); !math.IsNaN(q) {
		out.Quality = &q
	}
	for _, n := range m.levels {
		out.LevelShares = append(out.LevelShares, float64(n)/math.Max(1, float64(s.tasks)))
	}
}

// DestinationShares are the fractions of the tasks by destination: local, candidate 1, 2, ..., perhaps the cloud.
func (s *Summary) DestinationShares() []float64 {
	d := len(s.ActionShares) / max(1, len(s.LevelShares))
	shares := make([]float64, d)
	for a, x := range s.ActionShares {
		shares[a%d] += x
	}
	return shares
}
