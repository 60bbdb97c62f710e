package fewshot

import (
	"cmp"
	"math/rand/v2"
	"sync"

	"github.com/gmel-go/gmel/kernels/philox"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion/run"
)

// pool keeps features of images by the network of a generator. To encode is most of the work of a classifier that reads them, so an image
// has few variants, which are the same in all draws, and each is encoded once in a study.
type pool struct {
	from *run.Network // nil: no classifier reads features
	set  *dataset.Set // of the study
	seed uint64       // of variants
	most int          // images of a lesson

	mu   sync.Mutex
	have map[view][]float32
}

// view is an image as it is encoded.
type view struct {
	set     *dataset.Set
	row     int
	vary    dataset.Augment
	variant uint32 // 0: as it is
}

// pooled is about the number of varied images of a class, among real ones or among made ones, that a classifier chooses from.
const pooled = 320

func (s *Study) newPool() *pool {
	return &pool{from: s.Generator, set: s.Set, seed: s.seed(forVariants, 0, 0), most: cmp.Or(s.read, lessonRows), have: map[view][]float32{}}
}

// forget leaves out the images of a set.
func (p *pool) forget(set *dataset.Set) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for v := range p.have {
		if v.set == set {
			delete(p.have, v)
		}
	}
}

// of are the features of some views. Each that is missing is encoded.
func (p *pool) of(e *encoder, views []view) ([][]float64, error) {
	missing := p.missing(views)
	var samples []float32
	for _, v := range missing {
		samples = append(samples, p.sample(v)...)
	}
	made, err := e.features(samples, p.set.Size())
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, v := range missing {
		p.have[v] = made[i]
	}
	all := make([][]float64, len(views))
	for i, v := range views {
		all[i] = float64s(p.have[v])
	}
	return all, nil
}

// missing are the views without features, each once. Another draw may encode them at the same time, to the same bits.
func (p *pool) missing(views []view) (list []view) {
	p.mu.Lock()
	defer p.mu.Unlock()
	noted := map[view]bool{}
	for _, v := range views {
		if p.have[v] == nil && !noted[v] {
			noted[v] = true
			list = append(list, v)
		}
	}
	return list
}

// sample is an image in a variant.
func (p *pool) sample(v view) []float32 {
	from := v.set.Sample(v.row)
	if v.variant == 0 {
		return from
	}
	to := make([]float32, len(from))
	v.vary.Apply(to, from, v.set.Shape, v.vary.Values(p.seed, v.variant, uint32(v.row)))
	return to
}

// views draws images of a lesson evenly from its table, each in one of its variants, and returns them with their classes.
func (p *pool) views(l *lesson, seed uint64) (views []view, class []int) {
	n := min(p.most, len(l.draws))
	different := map[kind]map[int]bool{}
	for i := range n {
		row := int(l.draws[i*len(l.draws)/n])
		v := view{set: p.set, row: row, vary: l.vary}
		if row >= p.set.N() {
			v.set, v.row = l.further, row-p.set.N()
		}
		k := v.kind()
		if different[k] == nil {
			different[k] = map[int]bool{}
		}
		different[k][row] = true
		views, class = append(views, v), append(class, k.class)
	}
	if l.vary == (dataset.Augment{}) {
		return views, class
	}
	r := rand.New(philox.NewSource(seed, 0))
	for i, v := range views {
		have := len(different[v.kind()])
		views[i].variant = 1 + r.Uint32N(uint32((pooled+have-1)/have))
	}
	return views, class
}

// kind is the images of a class, real or made.
type kind struct {
	set   *dataset.Set
	class int
}

func (v *view) kind() kind { return kind{v.set, v.set.Class[v.row]} }
