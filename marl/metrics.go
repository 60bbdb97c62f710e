package marl

import "slices"

// Metrics describe the updates since the last report. They are means over these updates, except for the
// counters, the moments and the schedules, which are current values.
type Metrics struct {
	Update   int // updates so far
	EnvSlots int // slots so far, over all worlds

	scalars []Scalar
}

// Scalar is one named number.
type Scalar struct {
	Name  string
	Value float32
}

// Scalars lists all numbers except the counters, always in the same order: those of the learner, then
//
//	reward_mean, reward_std   of the mixed rewards in memory
//	alpha and the like        annealed scalars
//	lr_share                  current fraction of the configured learning rates
func (m *Metrics) Scalars() []Scalar { return slices.Clone(m.scalars) }

// Value is the value of a scalar, or 0 if the algorithm has none of that name.
func (m *Metrics) Value(name string) float32 {
	for _, s := range m.scalars {
		if s.Name == name {
			return s.Value
		}
	}
	return 0
}

// Metrics are the means over the updates since the last report.
func (t *Trainer) Metrics() (Metrics, error) {
	if err := t.checkFinite(); err != nil { // reads the sums
		return Metrics{}, err
	}
	return t.metrics(t.sums)
}

// metrics turns the sums of the device into Metrics.
func (t *Trainer) metrics(sums []float32) (Metrics, error) {
	w := t.shop
	moments, err := Read(t.session, w.RewardMoments)
	if err != nil {
		return Metrics{}, err
	}
	if err := t.session.Run(t.inspect); err != nil {
		return Metrics{}, err
	}
	m := Metrics{Update: t.update, EnvSlots: t.slots * w.slice.All}
	if m.scalars, err = t.learner.Scalars(t.session, w.Statistics.mean(sums)); err != nil {
		return Metrics{}, err
	}
	m.scalars = append(m.scalars, Scalar{"reward_mean", moments[0]}, Scalar{"reward_std", moments[1]})
	for _, a := range w.annealed {
		m.scalars = append(m.scalars, Scalar{a.name, a.value(w.progress(t.update))})
	}
	m.scalars = append(m.scalars, Scalar{"lr_share", float32(w.lrShare(t.update))})
	return m, nil
}
