package sample

import (
	"errors"
	"slices"

	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
	"github.com/gmel-go/gmel/nn/unet"
)

// tellings is what the blocks of a network are told of time and class. The times of a plan are known before a run, and so are
// the classes of a batch. So all of it is computed once a run, for every evaluation and each class that occurs, and a step looks it up.
type tellings struct {
	model   *unet.Model
	net     *nn.Placed
	classes int // that can occur in a batch
	chunk   int // divides the widths of all blocks, so that a step gathers those of all blocks at once

	rows  unet.Batch     // [evaluations * classes]; only time and class are used
	table machine.Tensor // [evaluations * classes * width / chunk, chunk]
	first machine.Tensor // [batch * width / chunk] entries of the table for the first evaluation: block by block, in a block image by image
	at    machine.Tensor // the same for the next evaluation
}

// mostTold bounds the table of tellings: 64 MiB. Numbers of entries are exact as float32.
const mostTold = 1 << 24

// width is what all blocks of a network are told together, and the largest chunk that divides what each is told.
func width(m *unet.Model) (sum, chunk int) {
	for _, w := range m.Widths() {
		sum += w
		for w > 0 {
			chunk, w = w, chunk%w
		}
	}
	return sum, chunk
}

// canTell reports whether a table for these evaluations and n images has room.
func canTell(m *unet.Model, evaluations, n int) bool {
	sum, _ := width(m)
	rows := evaluations * classesAmong(m, n)
	return rows <= mostTold/sum && n <= mostTold/sum
}

// classesAmong is the largest number of classes in a batch of n; 1 for a network without classes.
func classesAmong(m *unet.Model, n int) int { return min(max(1, m.Config().Classes), n) }

// placeTellings adds the memory for a batch of n.
func placeTellings(l *machine.Layout, prefix string, m *unet.Model, net *nn.Placed, evaluations, n int) *tellings {
	t := &tellings{model: m, net: net, classes: classesAmong(m, n)}
	var sum int
	sum, t.chunk = width(m)
	rows, entries := evaluations*t.classes, sum/t.chunk
	t.rows.Time = l.Add(prefix+"/time", rows)
	if m.Config().Classes > 0 {
		t.rows.Class = l.Add(prefix+"/class", rows)
	}
	t.table = l.Add(prefix+"/table", rows*entries, t.chunk)
	t.first, t.at = l.Add(prefix+"/first", n*entries), l.Add(prefix+"/at", n*entries)
	return t
}

// tell fills the table and goes to the first evaluation.
func (t *tellings) tell(b *machine.Builder) {
	t.model.Tell(b, t.net, t.rows, t.table)
	b.Copy(t.first, t.at)
}

// evaluate evaluates the network with what its blocks are told in this evaluation, and goes on to the next.
func (t *tellings) evaluate(b *machine.Builder, batch unet.Batch) {
	sum, _ := width(t.model)
	entries := sum / t.chunk
	n := int(t.at.Len()) / entries
	now := b.Temp("told", n*entries, t.chunk)
	f := nn.NewFragment()
	f.Output(op.GatherRows(f.Input(t.table), f.Input(t.at)), now)
	f.Output(op.Affine(f.Input(t.at), 1, float32(t.classes*entries)), t.at)
	f.Lower(b)
	var parts []machine.Tensor
	from := 0
	for _, w := range t.model.Widths() {
		parts = append(parts, b.Part(now, n*from, n, w))
		from += w
	}
	t.model.EvaluateTold(b, t.net, batch, parts)
}

// upload writes the times of all evaluations.
func (t *tellings) uploadTimes(s *machine.Session, times []float32) error {
	var all []float32
	for _, time := range times {
		all = append(all, slices.Repeat([]float32{time}, t.classes)...)
	}
	return s.Upload(t.rows.Time, all)
}

// uploadClasses writes which classes occur in a batch, and which of them each image has. list is nil for a network without classes.
func (t *tellings) uploadClasses(s *machine.Session, list []float32) error {
	sum, _ := width(t.model)
	entries := sum / t.chunk
	n := int(t.at.Len()) / entries
	occur, slots := distinct(list, t.classes, n)
	var first []float32
	from := 0
	for _, w := range t.model.Widths() {
		for _, slot := range slots {
			for c := range w / t.chunk {
				first = append(first, float32(slot*entries+from/t.chunk+c))
			}
		}
		from += w
	}
	err := s.Upload(t.first, first)
	if list != nil {
		err = errors.Join(err, s.Upload(t.rows.Class, slices.Repeat(occur, int(t.rows.Class.Len())/t.classes)))
	}
	return err
}

// distinct lists the values of a list, filled up to a length with 0, and the place there of each of the n elements. Without a
// list there is one place.
func distinct(list []float32, length, n int) (values []float32, places []int) {
	places = make([]int, n)
	for i, v := range list {
		at := slices.Index(values, v)
		if at < 0 {
			at, values = len(values), append(values, v)
		}
		places[i] = at
	}
	return append(values, make([]float32, length-len(values))...), places
}
