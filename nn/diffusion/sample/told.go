package sample

import (
	"slices"

	"github.com/gmel-go/gmel/kernels"
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
	width   int // of all blocks together
	chunk   int // divides the widths of all blocks, so that a step gathers those of all blocks at once

	evaluations, batch int

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

// newTellings are those of a batch of n for a network, without memory.
func newTellings(m *unet.Model, evaluations, n int) *tellings {
	t := &tellings{model: m, classes: classesAmong(m, n), evaluations: evaluations, batch: n}
	t.width, t.chunk = width(m)
	return t
}

// entries is the number of chunks that an image is told in an evaluation.
func (t *tellings) entries() int { return t.width / t.chunk }

// want asks for the memory that depends on a request.
func (t *tellings) want(in *inbox, prefix string) {
	if t.model.Config().Classes > 0 {
		in.want(&t.rows.Class, prefix+"/class", t.evaluations*t.classes)
	}
	in.want(&t.first, prefix+"/first", t.batch*t.entries())
}

// place adds the other memory, for a network with these parameters.
func (t *tellings) place(l *machine.Layout, prefix string, net *nn.Placed) {
	rows := t.evaluations * t.classes
	t.net, t.rows.Time = net, l.Add(prefix+"/time", rows)
	t.table = l.Add(prefix+"/table", rows*t.entries(), t.chunk)
	t.at = l.Add(prefix+"/at", t.batch*t.entries())
}

// tell fills the table and goes to the first evaluation.
func (t *tellings) tell(b *machine.Builder) {
	t.model.Tell(b, t.net, t.rows, t.table)
	b.Copy(t.first, t.at)
}

// evaluate evaluates the network with what its blocks are told in this evaluation, and goes on to the next.
func (t *tellings) evaluate(b *machine.Builder, batch unet.Batch) {
	n, entries := t.batch, t.entries()
	now := b.Temp("told", n*entries, t.chunk)
	b.GatherRows(t.table, t.at, now)
	b.Unary(op.Act{Fn: kernels.FnAffine, A: 1, B: float32(t.classes * entries)}, t.at, t.at)
	var parts []machine.Tensor
	from := 0
	for _, w := range t.model.Widths() {
		parts = append(parts, b.Part(now, n*from, n, w))
		from += w
	}
	t.model.EvaluateTold(b, t.net, batch, parts)
}

// uploadTimes writes the times of all evaluations.
func (t *tellings) uploadTimes(s *machine.Session, times []float32) error {
	var all []float32
	for _, time := range times {
		all = append(all, slices.Repeat([]float32{time}, t.classes)...)
	}
	return s.Upload(t.rows.Time, all)
}

// setClasses says which classes occur in a batch, and which of them each image has. list is nil for a network without classes.
func (t *tellings) setClasses(in *inbox, list []float32) {
	occur, slots := distinct(list, t.classes, t.batch)
	var first []float32
	from := 0
	for _, w := range t.model.Widths() {
		for _, slot := range slots {
			for c := range w / t.chunk {
				first = append(first, float32(slot*t.entries()+from/t.chunk+c))
			}
		}
		from += w
	}
	in.set(t.first, first)
	if list != nil {
		in.set(t.rows.Class, slices.Repeat(occur, t.evaluations))
	}
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
