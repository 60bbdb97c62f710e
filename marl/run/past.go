package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"strings"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/record"
)

// Past is what a folder tells of its run. The run may be training meanwhile.
type Past struct {
	Folder train.Folder
	Config *Config
	Table  *Table        // nil: the run is not finished
	Lines  []record.Line // of metrics.jsonl
}

// ReadPast reads a run folder. Where only the table or the lines cannot be read, it returns the rest with the error.
func ReadPast(dir string) (*Past, error) {
	p := &Past{Folder: train.Folder(dir)}
	var err, table, lines error
	if p.Config, err = folderConfig(p.Folder); err != nil {
		return nil, err
	}
	if p.Table, table = readTable(p.Folder); errors.Is(table, fs.ErrNotExist) {
		table = nil
	}
	if p.Lines, lines = record.ReadJSONL(p.Folder.Metrics()); errors.Is(lines, fs.ErrNotExist) {
		lines = nil
	}
	return p, errors.Join(table, lines)
}

// Attention reads the attention by distance; nil for a run that is not finished or has none.
func (p *Past) Attention() (*marl.DistanceAttention, error) {
	path := p.Folder.File(attentionJSON)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	a := &marl.DistanceAttention{}
	if err = json.Unmarshal(data, a); err == nil {
		err = a.Check()
	}
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", path, err)
	}
	return a, nil
}

// Update is the number of updates of the last line.
func (p *Past) Update() int {
	if len(p.Lines) == 0 {
		return 0
	}
	return p.Lines[len(p.Lines)-1].Update
}

// SlotsAt interpolates the slots played at an update from the reports of training. They are the same for all seeds.
func (p *Past) SlotsAt(update int) float64 {
	before, slots := 0, 0.0
	for _, line := range p.Lines {
		played, there := line.Values[SlotsName]
		if !there {
			continue
		}
		if line.Update >= update {
			return slots + (played-slots)*float64(update-before)/float64(max(1, line.Update-before))
		}
		before, slots = line.Update, played
	}
	return slots
}

// Greedy are the evaluations of the policy that takes the most probable action.
func (p *Past) Greedy() (lines []record.Line) {
	kind := marl.GreedyName(p.Config.Train.Algo)
	for _, line := range p.Lines {
		if line.Kind == kind {
			lines = append(lines, line)
		}
	}
	return lines
}

// Training are the reports of training.
func (p *Past) Training() (lines []record.Line) {
	for _, line := range p.Lines {
		if line.Kind == trainKind {
			lines = append(lines, line)
		}
	}
	return lines
}

// trainKind is the kind of a report of training.
const trainKind = "train"

// Settings returns the settings that determine numbers, by path: those of the scenario, and all others without the seed.
func (c *Config) Settings() (scenario, others map[string]string) {
	others, scenario = setting.Flatten(c.numbers().sections()), map[string]string{"name": c.game().name()}
	delete(others, "seed")
	maps.DeleteFunc(others, func(path, value string) bool {
		key, of := strings.CutPrefix(path, "scenario.")
		if of {
			scenario[key] = value
		}
		return of
	})
	return scenario, others
}
