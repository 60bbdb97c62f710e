package fewshot

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/diffusion/run"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/unet"
)

// encoder reads the features of a generator's network: what its way down and its middle put out for an image, told that there
// is little noise and no class.
type encoder struct {
	from    *run.Network
	session *machine.Session
	program *kernels.Program
	batch   unet.Batch
	out     machine.Tensor
}

// encoderSigmas are the noise levels that the network is told. No noise is added, so features are the same each time.
var encoderSigmas = []float64{0.2, 0.5}

// encodedAtOnce is the number of images of a batch; each has a row for every level.
const encodedAtOnce = 16

func newEncoder(backend kernels.Backend, g *run.Network) (*encoder, error) {
	l, n := machine.NewLayout(), encodedAtOnce*len(encoderSigmas)
	e := &encoder{from: g, batch: g.Model.Place(l, "batch", n), out: l.Add("features", n, g.Model.FeatureWidth())}
	net := g.Model.Params().Place(l, "net")
	b := machine.NewBuilder("fewshot/encoder", l)
	g.Model.Features(b, net, e.batch, e.out)
	var err error
	if e.program, err = b.Build(); err != nil {
		return nil, err
	}
	if e.session, err = machine.NewSession(backend, l, e.program); err != nil {
		return nil, err
	}
	times, none := make([]float32, n), make([]float32, n)
	for i := range times {
		sigma := encoderSigmas[i%len(encoderSigmas)]
		times[i], none[i] = float32(math.Log(sigma)/4), float32(g.Model.Config().Classes-1)
	}
	err = errors.Join(e.session.Upload(net.Flat, g.Flat), e.session.Upload(e.batch.Time, times))
	if g.Model.Config().Classes > 0 {
		err = errors.Join(err, e.session.Upload(e.batch.Class, none))
	}
	if err != nil {
		return nil, errors.Join(err, e.close())
	}
	return e, nil
}

func (e *encoder) close() error { return e.session.Close() }

// features are those of samples [n, size], in the units of the set: [n][levels * FeatureWidth].
func (e *encoder) features(samples []float32, size int) (all [][]float32, err error) {
	levels, width := len(encoderSigmas), e.from.Model.FeatureWidth()
	x, y := make([]float32, encodedAtOnce*levels*size), make([]float32, e.out.Len())
	own := make([]float32, size)
	for first := 0; first*size < len(samples); first += encodedAtOnce {
		n := min(encodedAtOnce, len(samples)/size-first)
		for i := range n {
			e.from.Data.Standard.Apply(own, samples[(first+i)*size:][:size])
			for j, sigma := range encoderSigmas {
				scale := diffusion.PredictEDM.At(diffusion.EDMLevel(sigma)).In
				for at, v := range own {
					x[(i*levels+j)*size+at] = float32(scale * float64(v))
				}
			}
		}
		if err := errors.Join(e.session.Upload(e.batch.X, x), e.session.Run(e.program), e.session.Download(y, e.out), e.session.Sync()); err != nil {
			return nil, err
		}
		for i := range n {
			all = append(all, slices.Clone(y[i*levels*width:][:levels*width]))
		}
	}
	return all, nil
}

// encoderNumber is the number of the procedure of learnEncoded. It is raised when a change of the program changes answers.
const encoderNumber = 2

// encodedIterations is the most iterations of the search on features of a generator. Many of these go together, so to the end the search
// would need a thousand and more, most of the time of the classifier. To stop it early is one more regulariser.
const encodedIterations = 200

// encoded is logistic regression on features of a generator.
type encoded struct {
	*logistic
	*encoder
	pool *pool
}

// learnEncoded draws the images of a lesson, varied, and fits their features.
func learnEncoded(ctx context.Context, backend kernels.Backend, p *pool, l *lesson, seed uint64) (answerer, error) {
	e, err := newEncoder(backend, p.from)
	if err != nil {
		return nil, err
	}
	a, err := regress(l, encodedIterations, func() ([][]float64, []int, error) {
		views, class := p.views(l, seed)
		features, err := p.of(e, views)
		return features, class, errors.Join(err, ctx.Err())
	}, func(m *logistic) answerer { return encoded{m, e, p} })
	if err != nil {
		return nil, errors.Join(err, e.close())
	}
	return a, nil
}

func (c encoded) Probabilities(set *dataset.Set, rows []int) ([][]float64, error) {
	views := make([]view, len(rows))
	for i, row := range rows {
		views[i] = view{set: set, row: row}
	}
	features, err := c.pool.of(c.encoder, views)
	all := make([][]float64, len(features))
	for i, f := range features {
		all[i] = c.probabilities(f)
	}
	return all, err
}

func (c encoded) Predict(set *dataset.Set, rows []int) ([]int, error) {
	p, err := c.Probabilities(set, rows)
	return likeliest(p), err
}

func (c encoded) Close() error { return c.close() }
