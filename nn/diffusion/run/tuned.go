package run

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"

	"github.com/gmel-go/gmel/nn/train"
)

// Row is a further row of the table of quality.
type Row struct {
	Name   string `json:"name"`
	Scores Scores `json:"scores"`
}

// tunedSteps are the numbers of evaluations that the table of a tuned network has.
var tunedSteps = []int{1, 2, 4}

// few measures a tuned network with few evaluations, unless that is the row of the generated images, and adds what the
// network had before.
func (j *job) few(ctx context.Context, m *meter, classes []int) (rows []Row, err error) {
	if j.config.Train.Objective != consistency {
		return nil, nil
	}
	of, v := j.config.Sample, viewOf(j.config, j.data)
	if of.Sampler != consistency {
		of = Sample{Sampler: consistency, Count: of.Count, Guidance: of.Guidance}
	}
	for _, steps := range tunedSteps {
		if of.Steps = steps; of == j.config.Sample {
			continue
		}
		drawn, err := j.draw(ctx, &of, classes, j.patience())
		if err != nil {
			return nil, err
		}
		list, err := v.subjects(drawn, drawn.Rows(), nil)
		if err != nil {
			return nil, err
		}
		scores, err := m.scores(list)
		if err != nil {
			return nil, err
		}
		rows = append(rows, Row{nameOf(&of), scores})
	}
	if s := j.data.Started; s != nil && s.Quality != nil {
		rows = append(rows, Row{"before: " + s.Quality.Name, s.Quality.Scores})
	}
	return rows, nil
}

// nameOf names a way to sample by its evaluations of the network.
func nameOf(s *Sample) string {
	return fmt.Sprintf("%s, %s", s.Sampler, train.Counted(int64(s.Steps), "step"))
}

// comparable is the quality of another run, or nil if it has none or other images were held out.
func (j *job) comparable(o *origin) *Row {
	if o.data.SHA256 != j.data.SHA256 || !reflect.DeepEqual(o.config.numbers().Data, j.config.numbers().Data) {
		return nil
	}
	text, err := os.ReadFile(train.Folder(j.config.Train.From).File(QualityJSON))
	q := &Quality{}
	if err != nil || json.Unmarshal(text, q) != nil {
		return nil
	}
	return &Row{nameOf(&Sample{Sampler: q.Sampler, Steps: q.Steps}), q.Generated}
}
