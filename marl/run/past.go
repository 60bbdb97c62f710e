package run

import (
	"errors"
	"io/fs"
	"maps"
	"strings"

	"github.com/gmel-go/gmel/internal/setting"
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

// ReadPast reads a run folder.
func ReadPast(dir string) (*Past, error) {
	p := &Past{Folder: train.Folder(dir)}
	var err error
	if p.Config, err = folderConfig(p.Folder); err != nil {
		return nil, err
	}
	p.Table, err = readTable(p.Folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	p.Lines, err = record.ReadJSONL(p.Folder.Metrics())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return p, nil
}

// Update is the number of updates of the last line.
func (p *Past) Update() int {
	if len(p.Lines) == 0 {
		return 0
	}
	return p.Lines[len(p.Lines)-1].Update
}

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
