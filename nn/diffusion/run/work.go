package run

import (
	"github.com/gmel-go/gmel/nn/diffusion/baseline"
	"github.com/gmel-go/gmel/nn/diffusion/quality"
	"github.com/gmel-go/gmel/nn/machine"
)

// work is how much of an evaluation is done, in floating-point operations of networks. What is computed outside of them counts
// as many as they do in that time, so that the time left is about right.
type work struct {
	network     int64 // of one evaluation of the network for one sample
	size, forms int   // values of a sample; forms in which it is compared
	sides       int   // height and width of an image, or length of a window
	training    int   // samples of training that are compared
	images      int   // of a row, measured
	count       int   // of a row, drawn
	sources     int   // samples of training in a class
	done, total int64
	report      func(done, total int)
}

// parts of the whole that are reported.
const thousand = 1000

// plain is how many operations a network does in the time of one operation of a plain loop, on a processor with vectors of eight.
const plain = 32

// plannedWork adds up an evaluation.
func (e *evaluator) plannedWork() (*work, error) {
	o, set := e.options, e.parts.set
	w := &work{
		size: set.Size(), forms: e.view.forms(set.Shape), training: len(e.compared), images: len(e.apart), count: len(e.classes),
		sources: len(e.parts.trained) / len(set.Classes), report: o.Progress,
	}
	for _, side := range set.Shape[:len(set.Shape)-1] {
		w.sides += side
	}
	var err error
	if w.network, err = e.flops(); err != nil {
		return nil, err
	}
	if o.Guidance != 1 {
		w.network *= 2 // with the class and without
	}
	for _, steps := range o.Steps {
		p, err := e.plan(o.sample(steps))
		if err != nil {
			return nil, err
		}
		w.total += w.network * int64(len(p)*o.Seeds*len(e.classes))
	}
	cheap := len(baseline.All(e.vary))
	draws := o.Seeds * (len(o.Steps) + cheap)
	train := e.training()
	w.total += train.Flops(e.data.Shape) * int64(o.Classifiers*(1+draws))
	w.total += w.looking(w.training) + w.preparing() + int64(1+draws)*(w.looking(w.images)+w.comparing())
	w.total += int64(o.Seeds*cheap) * w.making()
	return w, nil
}

// looking is the work of the features of n samples: mostly Fourier transforms.
func (w *work) looking(n int) int64 { return plain * int64(n) * int64(w.size) * int64(4*w.sides+200) }

// distances is the work of comparing each of n samples with each of m: a point of 32 numbers, and the part of the values that
// shows that another one is nearer.
func (w *work) distances(n, m, points, forms int) int64 {
	return plain * int64(n) * int64(m) * int64(32*points+forms*w.size/8)
}

// preparing is the work of the distances between samples of training.
func (w *work) preparing() int64 { return w.distances(w.training, w.training, 1, 1) }

// comparing is the work of the distances of a row.
func (w *work) comparing() int64 {
	return w.distances(w.training, w.images, 5, w.forms) + w.distances(w.images, w.images, 2, 0)
}

// making is the work of a cheap generator, on average.
func (w *work) making() int64 { return plain * int64(w.count) * int64(w.sources) * int64(w.size) / 2 }

// flops are those of the network for one sample.
func (g *generator) flops() (total int64, err error) {
	l := machine.NewLayout()
	net, batch := g.model.Params().Place(l, "net"), g.model.Place(l, "batch", 1)
	b := machine.NewBuilder("evaluate", l)
	g.model.Evaluate(b, net, batch)
	p, err := b.Build()
	if err != nil {
		return 0, err
	}
	for i := range p.Descs {
		total += p.Flops(i)
	}
	return total, nil
}

// drawing counts samples of some evaluations each.
func (w *work) drawing(evaluations int) func(done, total int) {
	before := w.done
	return func(done, _ int) { w.at(before + int64(done*evaluations)*w.network) }
}

// updates counts those of a classifier.
func (w *work) updates(flops int64) func(done, total int) {
	before := w.done
	return func(done, total int) { w.at(before + flops*int64(done)/int64(total)) }
}

// part counts a part of the work.
func (w *work) part(flops int64) quality.Watch {
	before := w.done
	return func(share float64) { w.at(before + int64(share*float64(flops))) }
}

func (w *work) at(done int64) {
	w.done = done
	w.report(int(thousand*float64(done)/float64(max(1, w.total))), thousand)
}

func (w *work) finish() { w.at(w.total) }
