package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/train"
)

// kind is what the source of a set is.
type kind string

const (
	drawn  kind = "drawn images"
	folder kind = "a folder of images"
	array  kind = "an array"
	table  kind = "a table of sensors"
)

// kind follows from the name of the source.
func (d *Data) kind() kind {
	switch ext := strings.ToLower(filepath.Ext(d.Source)); {
	case d.Source == Steel:
		return drawn
	case ext == ".npy":
		return array
	case ext == ".csv":
		return table
	}
	return folder
}

// sequences reports that the samples are windows, not images.
func (d *Data) sequences() bool {
	return d.kind() == table || d.kind() == array && dataset.Axes(d.Axes).Windows()
}

// sizes are the settings of the size of a sample.
func (d *Data) sizes() string {
	switch {
	case d.kind() == table:
		return "data.window"
	case d.sequences():
		return "data.source"
	}
	return "data.height, data.width"
}

// columns are those that say what a sample is.
func (d *Data) columns() dataset.Columns {
	return dataset.Columns{Class: d.ClassColumn, Group: d.GroupColumn, Part: d.SplitColumn}
}

// set reads the set.
func (d *Data) set() (*dataset.Set, error) {
	set, err := d.load()
	if err != nil || len(d.Classes) == 0 {
		return set, train.Usage(err)
	}
	if set, err = set.Only(d.Classes); err != nil {
		return nil, train.Usagef("data.classes: %w", err)
	}
	return set, nil
}

func (d *Data) load() (*dataset.Set, error) {
	if d.kind() == drawn {
		return dataset.Steel(setSeed, d.PerClass, d.Height)
	}
	if err := d.exists(); err != nil {
		return nil, err
	}
	switch d.kind() {
	case array:
		return d.array()
	case table:
		return dataset.Windows(d.Source, dataset.Cut{Columns: d.columns(), Channels: d.Sensors, Length: d.Window, Stride: d.Hop})
	}
	return dataset.Folder(d.Source, d.images())
}

// exists is an error unless the source is a folder or a file, as its kind needs.
func (d *Data) exists() error {
	what := map[kind]string{folder: "folder", array: "file", table: "file"}[d.kind()]
	info, err := os.Stat(d.Source)
	if err == nil && info.IsDir() != (what == "folder") {
		err = fs.ErrInvalid
	}
	if err != nil {
		return fmt.Errorf("data.source: %s is no %s that can be read (%w); allowed: %s", d.Source, what, err, sources)
	}
	return nil
}

// sources are what a set is read from, in words.
const sources = "a folder with a subfolder of images for each class, an array FILE.npy, a table of sensors FILE.csv, or " + Steel

func (d *Data) images() dataset.Images {
	return dataset.Images{Height: d.Height, Width: d.Width, Channels: d.Channels, Fit: dataset.Fit(d.Fit)}
}

// array reads an array with its table of labels.
func (d *Data) array() (*dataset.Set, error) {
	set, err := dataset.Arrays(d.Source, d.labels(), dataset.Axes(d.Axes), d.columns())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf(`data.labels: %w; allowed: a table with a row for each sample, or "" for data.class_column if all are of one class`, err)
	}
	if err != nil || d.sequences() {
		return set, err
	}
	if err := set.Resize(d.images()); err != nil {
		return nil, fmt.Errorf("data.height, data.width, data.channels: %w", err)
	}
	return set, nil
}

// labels is the path of the table of labels of an array, or "" if nothing is read from one.
func (d *Data) labels() string {
	switch {
	case d.columns() == dataset.Columns{}:
		return ""
	case d.Labels == "":
		return filepath.Join(filepath.Dir(d.Source), "labels.csv")
	}
	return d.Labels
}

// checkSource reports settings that the source does not have.
func (d *Data) checkSource(v *setting.Checker) {
	v.Require(d.Source != "", "source", d.Source, sources)
	v.OneOf("axes", d.Axes, texts(dataset.AllAxes)...)
	is := d.kind()
	v.Require(d.Labels == "" || is == array, "labels", d.Labels, `"" for `+string(is)+", since only an array needs a table of labels")
	v.Require(d.Labels == "" || d.columns() != dataset.Columns{}, "labels", d.Labels, `"" if neither class_column nor group_column nor split_column is named`)
	tabular := is == array || is == table
	v.Require(d.GroupColumn == "" || tabular, "group_column", d.GroupColumn, `"" for `+string(is)+", which have no table")
	v.Require(d.SplitColumn == "" || tabular, "split_column", d.SplitColumn, `"" for `+string(is)+", which have no table")
	v.Require(d.TrainingPart != d.HeldOutPart, "held_out_part", d.HeldOutPart, "another one than training_part")
	for i, name := range d.Classes {
		v.Require(!slices.Contains(d.Classes[:i], name), fmt.Sprintf("classes[%d]", i), name, "each class once")
	}
	v.Count("window", d.Window, 4, most)
	v.Count("hop", d.Hop, 0, most)
	v.Require(len(d.Sensors) == 0 || is == table, "sensors", d.Sensors, "[] for "+string(is)+", whose channels have no names")
}

func texts(axes []dataset.Axes) (all []string) {
	for _, x := range axes {
		all = append(all, string(x))
	}
	return all
}

// pair checks that network and set are for each other.
func (c *Config) pair(r *setting.Reader) error {
	d, problem, allowed := &c.Data, "", ""
	switch windows := d.sequences(); {
	case windows && c.Model.Size != sequenceModel:
		problem, allowed = "is for images, and "+d.Source+" is read as windows", sequenceModel
	case !windows && c.Model.Size == sequenceModel:
		problem, allowed = "is for windows of sensors, and "+d.Source+" is read as images", strings.Join(imageModels(), ", ")
	case windows && d.FlipY:
		return train.Usage(&setting.Error{Origin: r.Origin("data.flip_y"), Path: "data.flip_y", Value: true, Allowed: "false for windows, which have time and no rows"})
	case !windows && d.Equalise:
		return train.Usage(&setting.Error{Origin: r.Origin("data.equalise"), Path: "data.equalise", Value: true, Allowed: "false for images"})
	default:
		return nil
	}
	const path = "model.size"
	return train.Usage(&setting.Error{Origin: r.Origin(path), Path: path, Problem: fmt.Sprintf("%q %s", c.Model.Size, problem), Allowed: allowed})
}
