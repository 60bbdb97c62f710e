package classify

import (
	"fmt"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// Streams of random numbers, each for one purpose.
const (
	streamPick = iota + 1
	streamVary
	streamDropout
)

// asked is the number of samples that are classified at once.
const asked = 64

// memory is what the Programs read and write.
type memory struct {
	values  machine.Tensor // [N, size] the rows that are drawn
	labels  machine.Tensor // [N, 1]
	draws   machine.Tensor // [entries, 1]
	sources machine.Tensor // [variations, pixels]; None without variations
	first   machine.Tensor // [B, 1] the first pixel of each sample of a batch
	rates   machine.Tensor // [updates, 1]
	update  machine.Tensor // [1]
	counter machine.Tensor // [2] of all random numbers
	x       machine.Tensor // [B, ...]
	label   machine.Tensor // [B]
	loss    machine.Tensor // [], of the last update
	net     *nn.Placed

	question machine.Tensor // [asked, ...]
	logits   machine.Tensor // [asked, classes]
	answer   machine.Tensor // [asked]
}

func (c *Classifier) place(rows, draws, variations int) {
	k, l, o := &c.mem, c.layout, &c.options
	k.values, k.labels, k.draws = l.Add("data", rows, c.size), l.Add("classes", rows, 1), l.Add("draws", draws, 1)
	if variations > 1 {
		k.sources, k.first = l.Add("sources", variations, c.pixels()), l.Add("first", o.Batch, 1)
	}
	k.rates, k.update, k.counter = l.Add("rates", o.Updates, 1), l.Add("update", 1), l.Add("counter", 2)
	k.x, k.label, k.loss = l.Add("x", c.batchOf(o.Batch)...), l.Add("label", o.Batch), l.Add("loss")
	k.question, k.logits, k.answer = l.Add("question", c.batchOf(asked)...), l.Add("logits", asked, c.classes), l.Add("answer", asked)
	k.net = c.net.params.Place(l, "net")
	c.adam = nn.NewAdam(l, "adam", k.net, nn.AdamConfig{})
}

func (c *Classifier) batchOf(n int) []int { return append([]int{n}, c.shape...) }

// pixels is the number of pixels of an image, or of times of a sequence.
func (c *Classifier) pixels() int { return c.size / c.shape[len(c.shape)-1] }

// buildUpdate builds the Program of one update.
func (c *Classifier) buildUpdate() (*kernels.Program, error) {
	k, b := &c.mem, machine.NewBuilder("classify/update", c.layout)
	c.pick(b)
	f := nn.NewFragment()
	bd := f.Bind(c.net.params, k.net)
	value := loss(c.net.apply(bd, f.Input(k.x), f.Input(k.counter), c.options.Seed), f.Input(k.label), c.options.Smooth)
	if err := f.Gradients(value, bd, c.adam.Grads()); err != nil {
		return nil, fmt.Errorf("classify: %w", err)
	}
	f.Output(value, k.loss)
	f.Lower(b)
	rate := b.Temp("rate", 1)
	b.GatherRows(k.rates, k.update, rate)
	c.adam.TakeLR(b, rate)
	c.adam.Step(b)
	b.Count(k.counter, 1)
	b.Unary(op.Act{Fn: kernels.FnAffine, A: 1, B: 1}, k.update, k.update)
	return b.Build()
}

// pick draws the rows of a batch, varied, with their classes.
func (c *Classifier) pick(b *machine.Builder) {
	k, n := &c.mem, c.options.Batch
	row := b.Temp("row", n)
	b.GatherRows(k.draws, c.random(b, "entry", k.draws, streamPick), row)
	b.GatherRows(k.labels, row, k.label)
	if k.sources == machine.None {
		b.GatherRows(k.values, row, k.x)
		return
	}
	as, source := b.Temp("as", n, c.size), b.Temp("source", n, c.pixels())
	b.GatherRows(k.values, row, as)
	b.GatherRows(k.sources, c.random(b, "variation", k.sources, streamVary), source)
	b.Binary(kernels.BinAdd, source, k.first, source)
	b.GatherRows(b.Part(as, 0, n*c.pixels(), c.size/c.pixels()), b.Part(source, 0, n*c.pixels()), k.x)
}

// random draws a row of a table for each sample of a batch.
func (c *Classifier) random(b *machine.Builder, name string, table machine.Tensor, stream uint32) machine.Tensor {
	bound, at := b.Temp(name+"/bound", 1), b.Temp(name, c.options.Batch)
	b.Fill(bound, float32(table.Shape()[0]))
	b.RandInt(bound, c.mem.counter, at, c.options.Seed, stream)
	return at
}

// buildAnswer builds the Program that classifies the questions.
func (c *Classifier) buildAnswer() (*kernels.Program, error) {
	k, b := &c.mem, machine.NewBuilder("classify/answer", c.layout)
	f := nn.NewFragment()
	logits := c.net.apply(f.Bind(c.net.params, k.net), f.Input(k.question), nil, 0)
	f.Output(logits, k.logits)
	f.Lower(b)
	b.ArgMax(k.logits, k.answer)
	return b.Build()
}
