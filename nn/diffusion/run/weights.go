package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/nn/diffusion/fit"
	"github.com/gmel-go/gmel/nn/diffusion/sample"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
)

// Weights choose parameters of a run. The zero value is the average of its latest checkpoint with the decay train.ema, by
// which a run draws its own pictures.
type Weights struct {
	// EMA is the length of the average as a share of the updates so far: the standard deviation of its weights, see fit.Profile.
	// 0: train.ema, or earlyLength for an Update.
	EMA float64
	// Update is that of a snapshot; 0: that of the latest checkpoint.
	Update int
	// GuideBy is the update of a snapshot that guides, in place of the network without a class; 0: none does.
	GuideBy int
}

// earlyLength is the length of the average of a snapshot if none is asked for: the longer of the two that it has.
const earlyLength = 0.1

// mostMiss is the largest relative error of a profile that is used.
const mostMiss = 0.25

// load is the network of a run with the parameters that are asked for. text says which they are.
func (w Weights) load(f train.Folder, c *Config, notice func(string)) (_ *generator, text string, err error) {
	g, from, err := newest(f, c, notice)
	if err != nil {
		return nil, "", err
	}
	if w != (Weights{}) && c.Train.Snapshots == 0 {
		return nil, "", train.Usagef("%s keeps no averages: its train.snapshots is 0; allowed for --ema and --guide-by: a run with snapshots", f)
	}
	text, err = w.choose(f, g, from)
	if err != nil || w.GuideBy == 0 {
		return g, text, err
	}
	bad := *g
	guide, err := Weights{Update: w.GuideBy}.choose(f, &bad, from)
	g.guide = &sample.Guide{Model: bad.model, Flat: bad.flat}
	return g, text + ", guided by " + guide, err
}

// canGuide is an error for guidance that the run, or no run, can give.
func (w Weights) canGuide(c *Config, s *Sample) error {
	if w.GuideBy == 0 {
		return c.canGuide(s)
	}
	if s.Guidance == 1 {
		return train.Usagef("--guide-by %d with a guidance of 1, which leaves the guide out; allowed: another --guidance, such as 1.5", w.GuideBy)
	}
	return nil
}

// choose replaces the parameters of the network of a checkpoint by those that are asked for. text says which they are.
func (w Weights) choose(f train.Folder, g *generator, from *train.Saved) (text string, err error) {
	at := g.update
	if w.EMA == 0 && w.Update == 0 {
		return fmt.Sprintf("the network of update %d", at), nil
	}
	list, err := averages(f, from.State, at)
	if err != nil {
		return "", err
	}
	if w.Update == 0 {
		w.Update = at
	}
	if !slices.ContainsFunc(list, func(k fit.Kept) bool { return k.Update == w.Update }) {
		return "", train.Usagef("%s has no snapshot of update %d; allowed: %s", f, w.Update, updates(list))
	}
	if w.EMA == 0 {
		w.EMA = earlyLength
	}
	wanted, err := fit.ProfileOf(w.Update, w.EMA)
	if err != nil {
		return "", train.Usage(err)
	}
	list = slices.DeleteFunc(list, func(k fit.Kept) bool { return k.Update > w.Update })
	flat, miss, err := fit.PostHoc(g.model.Params(), list, wanted)
	switch {
	case err != nil:
		return "", err
	case miss > mostMiss:
		return "", train.Usagef("an average of the length %g over %d updates misses its weights by %.0f %% if it is put together from %s; allowed: up to %.0f %%, with a length nearer to 0.05 or 0.1, or in a run with more train.snapshots",
			w.EMA, w.Update, 100*miss, train.Counted(int64(len(list)), "snapshot"), 100*mostMiss)
	}
	g.flat = flat
	return fmt.Sprintf("an average of the length %g over the %d updates of the network, to within %.1f %%", w.EMA, w.Update, 100*miss), nil
}

// averages lists the snapshots up to a checkpoint, and the checkpoint itself. A run that was killed may have later ones,
// which it will write again.
func averages(f train.Folder, from *checkpoint.State, at int) (list []fit.Kept, err error) {
	entries, err := os.ReadDir(f.File(fit.Snapshots))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		update, ok := fit.SnapshotUpdate(e.Name())
		if ok && update < at {
			path := f.File(fit.Snapshots, e.Name())
			list = append(list, fit.Kept{Update: update, Read: func() (*checkpoint.State, error) { return checkpoint.Read(path) }})
		}
	}
	slices.SortFunc(list, func(a, b fit.Kept) int { return a.Update - b.Update })
	if at < 1 {
		return nil, train.Usagef("%s has no average yet: its checkpoint is of update 0", f)
	}
	return append(list, fit.Kept{Update: at, Read: func() (*checkpoint.State, error) { return from, nil }}), nil
}

func updates(list []fit.Kept) string {
	var words []string
	for _, k := range list {
		words = append(words, fmt.Sprint(k.Update))
	}
	return strings.Join(words, ", ")
}
