package run

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/train"
)

// Names of samples that are no pictures.
const (
	samplesTable = "samples.csv"
	samplesArray = "samples.npy"
	labelsTable  = "labels.csv"
)

// files are the samples in the form of the set that was trained on: a PNG for each image, in a folder for each class; a
// table of sensors; or an array with its table of labels, also of images with a class that cannot name a folder. Each is a
// set to train on.
func (d *Drawn) files() ([]train.File, error) {
	switch {
	case d.Set.Sensors != nil:
		data, err := d.Set.Table()
		return []train.File{{Name: samplesTable, Data: data}}, err
	case d.pixels && !slices.ContainsFunc(d.Set.Classes, unfit):
		return pngs(d.Set)
	}
	labels, err := d.Set.Labels()
	return []train.File{{Name: samplesArray, Data: d.Set.Npy()}, {Name: labelsTable, Data: labels}}, err
}

// unfit reports that a class cannot be the name of a folder, or of none that is read again.
func unfit(class string) bool {
	return class == "" || strings.HasPrefix(class, ".") || strings.ContainsAny(class, `/\:`)
}

// pngs are a file for each image, numbered in each class.
func pngs(set *dataset.Set) (files []train.File, err error) {
	next := make([]int, len(set.Classes))
	for row, class := range set.Class {
		p, err := set.Picture(row)
		if err != nil {
			return nil, err
		}
		data, err := encode(p)
		if err != nil {
			return nil, err
		}
		files = append(files, train.File{Name: path.Join(set.Classes[class], fmt.Sprintf("%05d.png", next[class])), Data: data})
		next[class]++
	}
	return files, nil
}
