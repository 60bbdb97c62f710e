package classify

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/machine"
)

// Classifier is a trained network on a device.
type Classifier struct {
	options  Options
	shape    []int // of a sample
	size     int
	classes  int
	standard dataset.Standard
	numbers  numbers
	net      *network

	layout         *machine.Layout
	update, answer *kernels.Program
	session        *machine.Session
	adam           *nn.Adam
	mem            memory
}

// atOnce is the number of updates between two looks at the context.
const atOnce = 20

// Train trains a network on the rows of a set that are in the table of draws: an update draws its entries uniformly. Values
// are standardised by those rows. The caller still owns the backend, and closes the classifier.
func Train(ctx context.Context, backend kernels.Backend, set *dataset.Set, draws []float32, o Options) (_ *Classifier, err error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Pooled {
		if err := canPool(set.Shape); err != nil {
			return nil, err
		}
	}
	d, err := take(set, draws, o.spare())
	if err != nil {
		return nil, err
	}
	sources, variations, err := variations(o.Vary, set.Shape)
	if err != nil {
		return nil, err
	}
	c := &Classifier{
		options: o, shape: set.Shape, size: set.Size(), classes: len(set.Classes), standard: d.standard, numbers: d.numbers,
		net: newNetwork(set.Shape, len(set.Classes), &o), layout: machine.NewLayout(),
	}
	c.place(len(d.labels), len(d.draws), variations)
	if c.update, err = c.buildUpdate(); err != nil {
		return nil, err
	}
	if c.answer, err = c.buildAnswer(); err != nil {
		return nil, err
	}
	if c.session, err = machine.NewSession(backend, c.layout, c.update, c.answer); err != nil {
		return nil, err
	}
	if err = c.fill(d, sources); err == nil {
		err = c.run(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// fill uploads what the first update needs.
func (c *Classifier) fill(d *drawn, sources []float32) error {
	k, s := &c.mem, c.session
	flat := make([]float32, c.net.params.Len())
	k.net.Init(flat, c.options.Seed)
	err := errors.Join(
		s.Upload(k.values, d.values), s.Upload(k.labels, d.labels), s.Upload(k.draws, d.draws),
		s.Upload(k.rates, c.options.rates()), s.Upload(k.net.Flat, flat), c.adam.InitState(s),
	)
	if k.sources == machine.None {
		return err
	}
	first := make([]float32, c.options.Batch)
	for i := range first {
		first[i] = float32(i * c.pixels())
	}
	return errors.Join(err, s.Upload(k.sources, sources), s.Upload(k.first, first))
}

// run makes all updates.
func (c *Classifier) run(ctx context.Context) error {
	for done, total := 0, c.options.Updates; done < total; {
		if err := errors.Join(ctx.Err(), c.redraw(done)); err != nil {
			return err
		}
		n := min(atOnce, c.options.roundEnd(done)-done)
		if err := errors.Join(c.session.Repeat(c.update, n), c.session.Sync()); err != nil {
			return fmt.Errorf("classify: %w", err)
		}
		if done += n; c.options.Progress != nil {
			c.options.Progress(done, total)
		}
	}
	value := make([]float32, 1)
	if err := errors.Join(c.session.Download(value, c.mem.loss), c.session.Sync()); err != nil {
		return err
	}
	if v := float64(value[0]); math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("classify: the loss is %g after %d updates; a lower rate may help", v, c.options.Updates)
	}
	return nil
}

// Predict returns the class of each of some rows of a set.
func (c *Classifier) Predict(set *dataset.Set, rows []int) ([]int, error) {
	answers, err := c.ask(set, rows, c.mem.answer)
	all := make([]int, len(answers))
	for i, a := range answers {
		all[i] = int(a)
	}
	return all, err
}

// Probabilities returns those of all classes for each of some rows of a set, [rows][classes].
func (c *Classifier) Probabilities(set *dataset.Set, rows []int) ([][]float64, error) {
	logits, err := c.ask(set, rows, c.mem.logits)
	if err != nil {
		return nil, err
	}
	all := make([][]float64, len(rows))
	for i := range all {
		all[i] = softmax(logits[i*c.classes:][:c.classes])
	}
	return all, nil
}

func softmax(logits []float32) []float64 {
	p, sum, highest := make([]float64, len(logits)), 0.0, slices.Max(logits)
	for i, v := range logits {
		p[i] = math.Exp(float64(v) - float64(highest))
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// ask puts questions and reads a tensor of the answer, [asked, ...]: the part of each row.
func (c *Classifier) ask(set *dataset.Set, rows []int, from machine.Tensor) (all []float32, err error) {
	if set.Size() != c.size {
		return nil, fmt.Errorf("classify: samples %v for a network that reads %v", set.Shape, c.shape)
	}
	x, part := make([]float32, asked*c.size), make([]float32, from.Len())
	for first := 0; first < len(rows); first += asked {
		some := rows[first:min(first+asked, len(rows))]
		for i, row := range some {
			c.standard.Apply(x[i*c.size:][:c.size], set.Sample(row))
		}
		s := c.session
		if err := errors.Join(s.Upload(c.mem.question, x), s.Run(c.answer), s.Download(part, from), s.Sync()); err != nil {
			return nil, fmt.Errorf("classify: %w", err)
		}
		all = append(all, part[:len(some)*len(part)/asked]...)
	}
	return all, nil
}

// Parameters is the number of numbers that training has found.
func (c *Classifier) Parameters() (total int) {
	for _, q := range c.net.params.List() {
		n := 1
		for _, d := range q.Shape() {
			n *= d
		}
		total += n
	}
	return total
}

// Close frees the memory.
func (c *Classifier) Close() error { return c.session.Close() }
