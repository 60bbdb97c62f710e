package run

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"math"
	"strings"

	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion/fit"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
)

// Description is what a checkpoint says of the set: what samples mean, and which set it was.
type Description struct {
	Images   int              `json:"images"`
	Shape    []int            `json:"shape"` // [Y, X, C] or [T, C]
	Classes  []string         `json:"classes"`
	Standard dataset.Standard `json:"standard"`
	Sensors  []string         `json:"sensors,omitempty"`   // [C] names of the channels of a table of sensors
	Fraction bool             `json:"fractions,omitempty"` // values are numbers of any kind, not bytes of pixels
	SHA256   string           `json:"sha256"`              // of the values and classes that were read

	// Equaliser is what was done to standardised windows; nil: nothing.
	Equaliser *dataset.Equaliser `json:"equaliser,omitempty"`
	Started   *Started           `json:"started,omitempty"`
}

// set is a set of the same samples and classes without rows.
func (d *Description) set() *dataset.Set {
	return &dataset.Set{
		Name: "samples", Shape: d.Shape, Low: d.Standard.Low, High: d.Standard.High, Sensors: d.Sensors, Classes: d.Classes,
	}
}

// noun is what a sample is called.
func (d *Description) noun() string { return nounOf(d.Shape) }

func nounOf(shape []int) string {
	if len(shape) == 2 {
		return "window"
	}
	return "image"
}

// blobData is the name of the description in a checkpoint.
const blobData = "data"

// parts are a set and its rows to train on and to measure with.
type parts struct {
	set            *dataset.Set
	trained, apart []int
}

// read reads the set, splits and standardises it, and adds the copies and the draws that the settings ask for.
func (d *Data) read() (*fit.Data, *Description, *parts, error) {
	p, err := d.split()
	if err != nil {
		return nil, nil, nil, err
	}
	if len(p.apart) > 0 {
		if err := measurable(p.set.Shape); err != nil {
			return nil, nil, nil, train.Usagef("data.held_out: %w", err)
		}
	}
	standard, err := p.set.Standard(p.trained)
	if err != nil {
		return nil, nil, nil, train.Usagef("data.source: %w", err)
	}
	data, err := d.draws(p.set, p.trained)
	if err != nil {
		return nil, nil, nil, err
	}
	standard.Apply(data.Values, data.Values)
	if err := d.vary(data); err != nil {
		return nil, nil, nil, err
	}
	if data.HeldOut, err = d.heldOut(p, standard); err != nil {
		return nil, nil, nil, err
	}
	return data, &Description{
		Images: p.set.N(), Shape: p.set.Shape, Classes: p.set.Classes, Standard: standard, SHA256: digest(p.set),
		Sensors: p.set.Sensors, Fraction: !p.set.Bytes, Equaliser: d.equalise(data),
	}, p, nil
}

// equalise equalises windows, by those of training; nil: nothing is done to them.
func (d *Data) equalise(data *fit.Data) *dataset.Equaliser {
	if !d.Equalise {
		return nil
	}
	e := dataset.NewEqualiser(data.Values, data.Shape[0], data.Shape[1])
	e.Apply(data.Values)
	if data.HeldOut != nil {
		e.Apply(data.HeldOut.Values)
	}
	return e
}

// heldOut returns the rows that are held back, standardised and weighed as those of training; nil without any.
func (d *Data) heldOut(p *parts, standard dataset.Standard) (*fit.Data, error) {
	if len(p.apart) == 0 {
		return nil, nil
	}
	data, err := d.draws(p.set, p.apart)
	if err != nil {
		return nil, err
	}
	standard.Apply(data.Values, data.Values)
	return data, nil
}

// draws returns rows as they are, with the table from which they are drawn.
func (d *Data) draws(set *dataset.Set, rows []int) (*fit.Data, error) {
	balance, err := set.Balance(rows, d.Balance)
	if err != nil {
		return nil, train.Usagef("data.balance: %w", err)
	}
	table, err := balance.Table(max(1<<16, 4*set.N()))
	if err != nil {
		return nil, train.Usagef("data.source: %w", err)
	}
	data, place := &fit.Data{Shape: set.Shape, Draws: table}, map[float32]float32{}
	for i, row := range rows {
		place[float32(row)] = float32(i)
		data.Values = append(data.Values, set.Sample(row)...)
		data.Class = append(data.Class, set.Class[row])
	}
	for i, row := range table {
		table[i] = place[row]
	}
	return data, nil
}

// augment says how images are varied.
func (d *Data) augment() dataset.Augment {
	a := dataset.Augment{FlipX: d.FlipX, FlipY: d.FlipY, ShiftX: d.Shift, ShiftY: d.Shift}
	if d.sequences() {
		a.ShiftY = 0
	}
	return a
}

// variants is the number of variants of an image.
func (d *Data) variants() int {
	if a := d.augment(); !a.Moves() {
		return a.Flips()
	}
	return d.Variants
}

// tells reports that the network is told of variants.
func (d *Data) tells() bool { return d.Told && d.variants() > 1 }

// vary adds the variants of the images.
func (d *Data) vary(data *fit.Data) error {
	a := d.augment()
	if err := a.Check(data.Shape); err != nil {
		return train.Usagef("data.shift: %w", err)
	}
	var described []float32
	data.Variants = d.variants()
	data.Values, described = a.Variants(data.Values, data.Shape, data.Variants, setSeed)
	if d.tells() {
		data.Described = described
	}
	return nil
}

// Parts reads the set, and returns the rows to train on and those that are held out, which may be none.
func (d *Data) Parts() (set *dataset.Set, training, apart []int, err error) {
	p, err := d.split()
	if err != nil {
		return nil, nil, nil, err
	}
	return p.set, p.trained, p.apart, nil
}

// split reads the set and holds a part of every class back: what the table says, or some at random.
func (d *Data) split() (*parts, error) {
	set, err := d.set()
	if err != nil {
		return nil, err
	}
	if d.SplitColumn != "" {
		return d.given(set)
	}
	if d.HeldOut == 0 {
		return &parts{set: set, trained: set.Rows()}, nil
	}
	const whole = 1000
	apart := max(1, int(d.HeldOut*whole))
	list, err := set.Split([]dataset.Share{{Name: "training", Weight: whole - apart}, {Name: "held out", Weight: apart}}, setSeed)
	if err != nil {
		return nil, train.Usagef("data.held_out: %w", err)
	}
	return &parts{set: set, trained: list[0].Rows, apart: list[1].Rows}, nil
}

// given are the parts that the table names. They share nothing, as those of a random split.
func (d *Data) given(set *dataset.Set) (*parts, error) {
	all, err := set.GivenSplit()
	if err != nil {
		return nil, train.Usagef("data.split_column: %w", err)
	}
	var names []string
	of := map[string]dataset.Part{}
	for _, p := range all {
		names, of[p.Name] = append(names, p.Name), p
	}
	training, apart := of[d.TrainingPart], of[d.HeldOutPart]
	if len(training.Rows) == 0 {
		return nil, train.Usagef("data.training_part: %q is in no row of the column %q; allowed: %s", d.TrainingPart, d.SplitColumn, strings.Join(names, ", "))
	}
	for class, n := range set.Counts(training.Rows) {
		if n == 0 {
			return nil, train.Usagef("data.split_column: no row of the class %q is in the part %q; allowed: at least one, or data.classes without it", set.Classes[class], d.TrainingPart)
		}
	}
	if d.HeldOut == 0 {
		return &parts{set: set, trained: training.Rows}, nil
	}
	if len(apart.Rows) < 2 {
		return nil, train.Usagef("data.held_out_part: %q is in %d rows of the column %q; allowed: a part of at least two rows among %s, or 0 for data.held_out",
			d.HeldOutPart, len(apart.Rows), d.SplitColumn, strings.Join(names, ", "))
	}
	if err := set.Leaks([]dataset.Part{training, apart}); err != nil {
		return nil, train.Usagef("data.split_column: %w", err)
	}
	return &parts{set: set, trained: training.Rows, apart: apart.Rows}, nil
}

// setSeed is the seed of the embedded set and of the split, which are the same for runs of every seed.
const setSeed = 1

// digest is the SHA-256 of the values of a set, with their shape, classes, names, sources and parts.
func digest(s *dataset.Set) string {
	h := sha256.New()
	fmt.Fprintf(h, "%v %q %v\n", s.Shape, s.Classes, s.Class)
	if s.Group != nil || s.Part != nil { // they decide what is trained on
		fmt.Fprintf(h, "%q %q\n", s.Group, s.Part)
	}
	hashFloats(h, s.Values)
	return hex.EncodeToString(h.Sum(nil))
}

func hashFloats(h hash.Hash, values []float32) {
	var word [4]byte
	for _, v := range values {
		binary.LittleEndian.PutUint32(word[:], math.Float32bits(v))
		h.Write(word[:])
	}
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
