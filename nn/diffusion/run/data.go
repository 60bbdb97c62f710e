package run

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"

	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion/fit"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
)

// Description is what a checkpoint says of the set: what samples mean, and which set it was.
type Description struct {
	Images   int              `json:"images"`
	Shape    []int            `json:"shape"` // [Y, X, C]
	Classes  []string         `json:"classes"`
	Standard dataset.Standard `json:"standard"`
	SHA256   string           `json:"sha256"` // of the values and classes that were read
}

// blobData is the name of the description in a checkpoint.
const blobData = "data"

// read reads the set, standardises it, and adds the copies and the draws that the settings ask for.
func (d *Data) read() (*fit.Data, *Description, error) {
	set, err := d.set()
	if err != nil {
		return nil, nil, err
	}
	standard, err := set.Standard(set.Rows())
	if err != nil {
		return nil, nil, usagef("data.source: %w", err)
	}
	balance, err := set.Balance(set.Rows(), d.Balance)
	if err != nil {
		return nil, nil, usagef("data.balance: %w", err)
	}
	draws, err := balance.Table(max(1<<16, 4*set.N()))
	if err != nil {
		return nil, nil, usagef("data.source: %w", err)
	}
	x := make([]float32, len(set.Values))
	standard.Apply(x, set.Values)
	all, err := (&fit.Data{Shape: set.Shape, Values: x, Class: set.Class, Draws: draws}).Flipped(d.FlipX, d.FlipY)
	return all, &Description{
		Images: set.N(), Shape: set.Shape, Classes: set.Classes, Standard: standard, SHA256: digest(set),
	}, err
}

// setSeed is the seed of the embedded set, which is the same for runs of every seed.
const setSeed = 1

func (d *Data) set() (*dataset.Set, error) {
	if d.Source == Steel {
		set, err := dataset.Steel(setSeed, d.PerClass, d.Height)
		return set, usage(err)
	}
	if info, err := os.Stat(d.Source); err != nil || !info.IsDir() {
		if err == nil {
			err = fs.ErrInvalid
		}
		return nil, usagef("data.source: %s is no folder that can be read (%w); allowed: a folder with a subfolder of images for each class, or %s", d.Source, err, Steel)
	}
	set, err := dataset.Folder(d.Source, dataset.Images{Height: d.Height, Width: d.Width, Channels: d.Channels, Fit: dataset.Fit(d.Fit)})
	return set, usage(err)
}

// digest is the SHA-256 of the values of a set, with their shape, classes and names.
func digest(s *dataset.Set) string {
	h := sha256.New()
	fmt.Fprintf(h, "%v %q %v\n", s.Shape, s.Classes, s.Class)
	var word [4]byte
	for _, v := range s.Values {
		binary.LittleEndian.PutUint32(word[:], math.Float32bits(v))
		h.Write(word[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// described reads the description in a checkpoint.
func described(s *checkpoint.State) (*Description, error) {
	text, err := s.Blob(blobData)
	if err != nil {
		return nil, err
	}
	d := &Description{}
	if err := json.Unmarshal(text, d); err != nil {
		return nil, fmt.Errorf("the description of the set: %w", err)
	}
	return d, nil
}
