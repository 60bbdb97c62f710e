package loop

import (
	"context"
	"fmt"
	"strings"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/nn/diffusion/federated"
)

// source is where images of the missing class come from.
type source string

const (
	nothing   source = "nothing"
	own       source = "own-model"       // trained on the station's images alone
	together  source = "federated-model" // trained by all stations
	rawImages source = "raw-images"      // of the other stations, which is the bound
)

// title is the source in texts.
func (s source) title() string { return strings.ReplaceAll(string(s), "-", " ") }

var allSources = []source{nothing, own, together, rawImages}

// seedResult is all that is measured with one seed.
type seedResult struct {
	seed    uint64
	missing []int   // class of each station
	images  []int   // of each station
	bases   []int   // station of each base
	raw     []int   // images of its missing class at the other stations
	ideal   *played // the edge that completes every request at once
	plays   []*played
	traffic federated.Traffic
	// quality is the classifier of each source and station with nothing in stock and at each level; one number where stock does not count.
	quality map[source][][]classified
	// mixed are, where IEDs choose the steps, classifiers with samples of the federated model by station and mixture.
	mixed []map[string]classified
}

// stagesOfSeed is the number of stages of a seed.
func (l *loop) stagesOfSeed() int {
	p, stations := &l.config.Policies, l.scenario.Servers
	n := 1 + stations + len(allSources)*stations + 1 + len(p.Rules) + 2*len(p.Learn) + len(p.Runs)
	if len(l.steps) > 1 {
		n += stations
	}
	return n
}

// seed makes all stages of a seed.
func (l *loop) seed(ctx context.Context, seed uint64) (r *seedResult, err error) {
	if l.stations, err = l.config.Stations.deal(l.set, l.trained, l.scenario.Servers, seed); err != nil {
		return nil, err
	}
	if _, err := disk.MakeFolder(l.ofSeed(seed)); err != nil {
		return nil, err
	}
	r = &seedResult{seed: seed, bases: l.bases, quality: map[source][][]classified{}}
	for _, s := range l.stations {
		r.missing, r.images = append(r.missing, s.missing), append(r.images, len(s.rows))
		r.raw = append(r.raw, len(l.shared(s.missing))/l.set.Size())
	}
	shared, err := l.learning(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := l.serving(ctx, r); err != nil {
		return nil, err
	}
	return r, l.mixtures(ctx, shared, r)
}

// learning trains the models, and the classifiers that do not depend on a policy. It returns the federated model.
func (l *loop) learning(ctx context.Context, r *seedResult) (*model, error) {
	all := make([]int, len(l.stations))
	for i := range all {
		all[i] = i
	}
	shared, err := l.learn(ctx, l.ofSeed(r.seed, "federated.safetensors"), all, r.seed)
	if err != nil {
		return nil, err
	}
	r.traffic = shared.traffic
	l.finish()
	for i := range l.stations {
		alone, err := l.learn(ctx, l.ofSeed(r.seed, fmt.Sprintf("own-%d.safetensors", i)), []int{i}, r.seed)
		if err != nil {
			return nil, err
		}
		l.finish()
		for _, from := range allSources {
			q, err := stage(l.ofSeed(r.seed, "classifiers", fmt.Sprintf("%s-%d.json", from, i)), func() ([]classified, error) {
				return l.classifiers(ctx, i, map[source]*model{own: alone, together: shared}[from], from, r.seed)
			})
			if err != nil {
				return nil, err
			}
			r.quality[from] = append(r.quality[from], q)
			l.finish()
		}
	}
	return shared, nil
}

// classifiers trains those of a station with images from a source: one, or one for each level of stock.
func (l *loop) classifiers(ctx context.Context, i int, m *model, from source, seed uint64) (all []classified, err error) {
	var values []float32
	var levels []int
	class, size := l.stations[i].missing, l.set.Size()
	switch {
	case m != nil:
		levels = l.config.Classifier.Levels
		values, err = l.draw(ctx, m, class, levels[len(levels)-1], l.steps[len(l.steps)-1], derive(seed, forSamples, i))
	case from == rawImages:
		values = l.shared(class)
		levels = []int{len(values) / size}
	default:
		levels = []int{0}
	}
	if err != nil {
		return nil, err
	}
	for _, n := range levels {
		c, err := l.classify(ctx, i, values[:n*size], seed)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}
