package report

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	diffusion "github.com/gmel-go/gmel/nn/diffusion/run"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/record"
)

// model is a run of a diffusion model.
type model struct {
	config  *diffusion.Config
	lines   []record.Line
	quality *diffusion.Quality // nil: not measured
	grid    template.URL       // the picture of samples, the last one of a run that is not finished; "" for none
}

func readModel(f train.Folder, path string) (*model, error) {
	m := &model{}
	var err, lines, quality, grid error
	if m.config, err = diffusion.Load(diffusion.Sources{File: path}); err != nil {
		return nil, err
	}
	if m.lines, lines = record.ReadJSONL(f.Metrics()); errors.Is(lines, fs.ErrNotExist) {
		lines = nil
	}
	m.quality, quality = readQuality(f.File(diffusion.QualityJSON))
	m.grid, grid = lastGrid(f)
	return m, errors.Join(lines, quality, grid)
}

func readQuality(path string) (*diffusion.Quality, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	q := &diffusion.Quality{}
	if err == nil {
		err = json.Unmarshal(data, q)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return q, nil
}

// lastGrid is the picture of samples of a run.
func lastGrid(f train.Folder) (template.URL, error) {
	path := f.File(diffusion.GridPNG)
	if !exists(path) {
		all, err := filepath.Glob(f.File("samples", "*.png"))
		if err != nil || len(all) == 0 {
			return "", err
		}
		slices.Sort(all)
		path = all[len(all)-1]
	}
	data, err := os.ReadFile(path)
	return inline("image/png", data), err
}

// inline is a picture as a page without files beside it has it.
func inline(kind string, data []byte) template.URL {
	if data == nil {
		return ""
	}
	return template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(data))
}
