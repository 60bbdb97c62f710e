package run

import "context"

// QualityBySteps compares samples with held-out images or windows, as many of each class, for each number of steps. As in
// Quality both are measured against those of training, so Real is what a perfect generator reaches.
type QualityBySteps struct {
	noun string // what a sample is called

	Training int            `json:"training_images"`
	Images   int            `json:"images"` // held out, and generated in each row
	Real     Scores         `json:"real"`
	Rows     []StepsQuality `json:"rows"`
}

// StepsQuality is the quality of a sampler with a number of steps.
type StepsQuality struct {
	Sampler     string `json:"sampler"`
	Steps       int    `json:"steps"`
	Evaluations int    `json:"evaluations"`
	Scores
}

// quality scores every sampler with every number of steps.
func (p *profiler) quality(ctx context.Context, set *parts) (*QualityBySteps, error) {
	set = set.compared()
	q := &QualityBySteps{noun: p.g.data.noun(), Training: len(set.trained), Images: len(set.apart)}
	m, err := p.meter(set, q)
	if err != nil {
		return nil, err
	}
	return q, p.score(ctx, set, m, q)
}

// meter compares samples with those of training; the held-out ones are the first.
func (p *profiler) meter(set *parts, q *QualityBySteps) (*meter, error) {
	v := viewOf(p.config, p.g.data)
	training, err := v.subjects(set.set, set.trained, nil)
	if err != nil {
		return nil, err
	}
	apart, err := v.subjects(set.set, set.apart, nil)
	if err != nil {
		return nil, err
	}
	m, err := newMeter(training, nil)
	if err == nil {
		q.Real, err = m.scores(apart)
	}
	return m, err
}

func (p *profiler) score(ctx context.Context, set *parts, m *meter, q *QualityBySteps) error {
	var classes []int
	for _, row := range set.apart {
		classes = append(classes, set.set.Class[row])
	}
	total := 0
	for _, name := range p.Samplers {
		for _, steps := range p.Steps {
			plan, err := p.g.plan(p.sample(name, steps))
			if err != nil {
				return err
			}
			q.Rows = append(q.Rows, StepsQuality{Sampler: name, Steps: steps, Evaluations: len(plan)})
			total += len(plan) * len(classes)
		}
	}
	v, done := viewOf(p.config, p.g.data), 0
	for i := range q.Rows {
		r := &q.Rows[i]
		progress := func(drawn, _ int) { p.Scored(done+drawn*r.Evaluations, total) }
		drawn, err := p.g.draw(ctx, p.backend, request{p.sample(r.Sampler, r.Steps), p.config.Seed, classes, progress})
		if err != nil {
			return err
		}
		done += r.Evaluations * len(classes)
		list, err := v.subjects(drawn, drawn.Rows(), nil)
		if err != nil {
			return err
		}
		if r.Scores, err = m.scores(list); err != nil {
			return err
		}
	}
	return nil
}
