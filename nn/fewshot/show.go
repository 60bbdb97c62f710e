package fewshot

import (
	"bytes"
	"image"
	"image/png"
	"path"
	"path/filepath"
	"slices"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/nn/dataset"
)

// shown is the most images of a class in a picture.
const shown = 16

// show writes a picture of further images, a class in each row, beside the cells, so that a person sees what an arm learns from.
// Windows of sensors are not shown.
func (st *store) show(c *cell, made *dataset.Set) error {
	if st.dir == "" || len(made.Shape) != 3 {
		return nil
	}
	columns := shown
	for _, n := range made.Counts(made.Rows()) {
		if n > 0 {
			columns = min(columns, n)
		}
	}
	var list []image.Image
	taken := make([]int, len(made.Classes))
	order := made.Rows()
	slices.SortStableFunc(order, func(x, y int) int { return made.Class[x] - made.Class[y] })
	for _, row := range order {
		if taken[made.Class[row]]++; taken[made.Class[row]] > columns {
			continue
		}
		p, err := made.Picture(row)
		if err != nil {
			return err
		}
		list = append(list, p)
	}
	if len(list) == 0 {
		return nil
	}
	var b bytes.Buffer
	if err := png.Encode(&b, dataset.Grid(list, columns)); err != nil {
		return err
	}
	file := filepath.Join(st.dir, "made", filepath.FromSlash(path.Dir(st.name(c)))+".png")
	if _, err := disk.MakeFolder(filepath.Dir(file)); err != nil {
		return err
	}
	return disk.Write(file, b.Bytes())
}
