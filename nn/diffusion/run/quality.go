package run

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/gmel-go/gmel/nn/diffusion/quality"
	"github.com/gmel-go/gmel/nn/train"
)

// Quality compares generated images, or windows, with held-out ones, as many of each class. Both are measured against those of
// training, so the row of the real ones is what a perfect generator reaches.
type Quality struct {
	noun string // what a sample is called

	Training  int     `json:"training_images"`
	Images    int     `json:"images"` // held out, and generated
	Sampler   string  `json:"sampler"`
	Steps     int     `json:"steps"`
	Guidance  float64 `json:"guidance"`
	Real      Scores  `json:"real"`
	Generated Scores  `json:"generated"`
	More      []Row   `json:"more,omitempty"`
}

// Scores are the figures of some samples, see package quality.
type Scores struct {
	Frechet   float64 `json:"frechet"`
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	Coverage  float64 `json:"coverage"`
	Ratio     float64 `json:"nn_ratio"`
	Copies    float64 `json:"copies"`
}

// Results of a run with held-out images.
const (
	QualityJSON = "quality.json" // what Quality encodes to
	QualityText = "quality.md"   // its table
)

// Samples are compared with at most so many of training, and of the held-out ones, since each is compared with each.
const (
	mostTraining = 10000
	mostApart    = 1000
)

// compared are the rows that samples are compared with, evenly over the classes.
func (p *parts) compared() *parts {
	few := func(rows []int, most int) []int {
		if len(rows) <= most {
			return rows
		}
		return spread(p.set, rows, most)
	}
	return &parts{set: p.set, trained: few(p.trained, mostTraining), apart: few(p.apart, mostApart)}
}

// measure draws samples of the classes of the held-out ones and scores both.
func (j *job) measure(ctx context.Context) (*Quality, error) {
	var classes []int
	p := j.parts.compared()
	for _, row := range p.apart {
		classes = append(classes, p.set.Class[row])
	}
	drawn, err := j.draw(ctx, &j.config.Sample, classes, j.patience())
	if err != nil {
		return nil, err
	}
	v := viewOf(j.config, j.data)
	generated, err := v.subjects(drawn, drawn.Rows(), nil)
	if err != nil {
		return nil, err
	}
	training, err := v.subjects(p.set, p.trained, nil)
	if err != nil {
		return nil, err
	}
	apart, err := v.subjects(p.set, p.apart, nil)
	if err != nil {
		return nil, err
	}
	m, err := newMeter(training, nil)
	if err != nil {
		return nil, err
	}
	of := &j.config.Sample
	q := &Quality{noun: j.data.noun(), Training: len(training), Images: len(apart), Sampler: of.Sampler, Steps: of.Steps, Guidance: of.Guidance}
	if q.Real, err = m.scores(apart); err == nil {
		q.Generated, err = m.scores(generated)
	}
	if err == nil {
		q.More, err = j.few(ctx, m, classes)
	}
	return q, err
}

// patience tells the user once how long the samples take, by the time of the first of them.
func (j *job) patience() func(done, total int) {
	begin, told := time.Now(), false
	return func(done, total int) {
		if !told && done < total {
			left := time.Since(begin) * time.Duration(total-done) / time.Duration(done)
			j.say("drawing %d %ss to measure their quality, %s left", total, j.data.noun(), left.Round(time.Second))
		}
		told = true
	}
}

// meter compares samples with those of training.
type meter struct {
	space   *quality.Space
	archive *quality.Archive
	real    *quality.Reference // those of training, in the space
}

func newMeter(training []subject, w quality.Watch) (*meter, error) {
	m, points := &meter{}, make([][]float64, len(training))
	var values, features [][]float64
	for _, s := range training {
		values, features = append(values, s.forms[0]), append(features, s.features)
	}
	var err error
	if m.space, err = quality.NewSpace(features); err != nil {
		return nil, err
	}
	for i, f := range features {
		points[i] = m.space.Of(f)
	}
	m.real = quality.NewReference(points, w.Part(0, .5))
	m.archive = quality.NewArchive(values, w.Part(.5, 1))
	return m, nil
}

func (m *meter) scores(of []subject) (Scores, error) {
	points, forms := m.place(of)
	return m.compare(points, forms, nil)
}

// place returns the points of samples in the space, and their values in all forms.
func (m *meter) place(of []subject) (points [][]float64, forms [][][]float64) {
	for _, s := range of {
		points, forms = append(points, m.space.Of(s.features)), append(forms, s.forms)
	}
	return points, forms
}

func (m *meter) compare(points [][]float64, forms [][][]float64, w quality.Watch) (Scores, error) {
	frechet, err := quality.Frechet(m.real.Points(), points)
	support, memory := m.real.Support(points, w.Part(0, .5)), m.archive.Memory(forms, w.Part(.5, 1))
	return Scores{
		Frechet: rounded(frechet), Precision: rounded(support.Precision), Recall: rounded(support.Recall), Coverage: rounded(support.Coverage),
		Ratio: rounded(memory.Ratio), Copies: rounded(memory.Copies),
	}, err
}

// rounded drops the digits that may depend on the processor: eigenvectors are computed with what it has.
func rounded(x float64) float64 { return math.Round(x*1e4) / 1e4 }

// files are the table for people and for programs.
func (q *Quality) files() ([]train.File, error) {
	data, err := json.MarshalIndent(q, "", "  ")
	return []train.File{{Name: QualityText, Data: []byte(q.Markdown())}, {Name: QualityJSON, Data: append(data, '\n')}}, err
}

// Markdown is the table as readable text.
func (q *Quality) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s, against %d of training; %s, %d steps, guidance %g.\n\n", train.Counted(int64(q.Images), "held-out "+q.noun),
		"as many generated", q.Training, q.Sampler, q.Steps, q.Guidance)
	fmt.Fprintf(&b, "| %ss | Frechet distance | precision | recall | coverage | nearest-neighbour ratio | copies |\n|---|---|---|---|---|---|---|\n", q.noun)
	for _, r := range append([]Row{{"real, held out", q.Real}, {"generated", q.Generated}}, q.More...) {
		s := &r.Scores
		fmt.Fprintf(&b, "| %-14s | %.2f | %.2f | %.2f | %.2f | %.2f | %.3f |\n", r.Name, s.Frechet, s.Precision, s.Recall, s.Coverage, s.Ratio, s.Copies)
	}
	return b.String()
}
