package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/nn/diffusion/fit"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/nn/train/crew"
)

// Objectives of training.
const (
	denoising   = "denoising"
	consistency = "consistency" // also the name of the sampler
)

// tune replaces the settings of a denoising run by the defaults of consistency tuning.
func (c *Config) tune() {
	o, t := fit.TunedDefaults(), &c.Train
	t.Objective, t.Updates, t.LR, t.WarmUp, t.MaxNorm, t.EMA = consistency, tunedUpdates, o.LR, o.WarmUp, o.MaxNorm, o.EMA
	count := c.Sample.Count
	c.Sample = tunedSample
	c.Sample.Count = count
}

// tunedUpdates is the length of consistency tuning by default.
const tunedUpdates = 768

// defaults is the configuration that holds where no source has a value: Default, or for a run that starts from another one,
// the settings of that one. A printed configuration of such a run has the digest of what it starts from and is complete.
func (src *Sources) defaults(r *setting.Reader) (*Config, error) {
	var digest string
	from := ""
	origin := r.Peek(fromKey, &from)
	r.Peek(digestKey, &digest)
	if src.own != nil {
		c := *src.own
		return &c, nil
	}
	c, objective := Default(), denoising
	model := c.Model.Size
	if r.Peek("model.size", &model); model == sequenceModel {
		c.forSequences()
	}
	if from != "" && digest == "" {
		own, _, err := folderConfig(train.Folder(origin.Resolve(from)))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", fromKey, err)
		}
		c, objective = own, consistency
		c.Train.Objective, c.Train.From, c.Train.FromSHA256 = denoising, "", ""
	}
	if r.Peek(objectiveKey, &objective); objective == consistency {
		c.tune()
	}
	return c, nil
}

const (
	fromKey      = "train.from"
	digestKey    = "train.from_sha256"
	objectiveKey = "train.objective"
)

// resolveStart makes the name of the run to start from absolute, and notes the digest of its parameters unless it is known.
func (c *Config) resolveStart(r *setting.Reader) error {
	t := &c.Train
	if t.From == "" {
		return nil
	}
	path, err := filepath.Abs(r.Origin(fromKey).Resolve(t.From))
	if err != nil || t.FromSHA256 != "" {
		t.From = path
		return err
	}
	t.From = path
	o, err := readOrigin(path, func(string) {}) // begin says it
	if err != nil {
		return err
	}
	t.FromSHA256 = o.digest
	return nil
}

// again prepares the sources of a run that goes on: its own settings stand in for those of the run that it starts from, which
// may be gone.
func (src *Sources) again(own *Config) error {
	if src.From == "" {
		return nil
	}
	path, err := filepath.Abs(src.From)
	if err != nil {
		return err
	}
	if path != own.Train.From {
		return train.Usagef("--from %s: the run starts from %q; a run goes on only as it began", src.From, own.Train.From)
	}
	src.From, src.own = "", own
	return nil
}

// origin is the run that another one starts from.
type origin struct {
	*generator
	config *Config
	update int
	digest string // of the averaged parameters
}

// readOrigin reads the latest checkpoint of a run.
func readOrigin(dir string, notice func(string)) (*origin, error) {
	c, _, err := folderConfig(train.Folder(dir))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fromKey, err)
	}
	g, from, err := newest(train.Folder(dir), c, notice)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fromKey, err)
	}
	update, err := from.Update()
	return &origin{config: c, generator: g, update: update, digest: averageDigest(from.State)}, err
}

// averageDigest is the SHA-256 of the averaged parameters in a checkpoint.
func averageDigest(s *checkpoint.State) string {
	h := sha256.New()
	for _, x := range s.Tensors {
		if strings.HasPrefix(x.Name, "ema.") {
			fmt.Fprintf(h, "%s %v\n", x.Name, x.Shape)
			hashFloats(h, x.Data)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Started is what a checkpoint says of the run that its run started from.
type Started struct {
	Update  int  `json:"update"`
	Quality *Row `json:"quality,omitempty"` // of that run, if it was measured with the same images
}

// WarmUp reads the parameters that the run starts from, unless they were read when it was opened.
func (j *job) WarmUp(context.Context) error { return j.begin(func(string) {}) }

// begin gives the trainer the averaged parameters of the run that this one starts from.
func (j *job) begin(notice func(string)) error {
	t := &j.config.Train
	if t.From == "" || j.data.Started != nil {
		return nil
	}
	o, err := readOrigin(t.From, notice)
	if err != nil {
		return err
	}
	if o.digest != t.FromSHA256 {
		return train.Usagef("%s: the parameters of %s have changed: SHA-256 %.12s, but %s is %.12s", fromKey, t.From, o.digest, digestKey, t.FromSHA256)
	}
	if err := j.accepts(o); err != nil {
		return err
	}
	if err := j.crew.All(crew.Order{Duty: begin, State: startOf(o.flat)}); err != nil {
		return fmt.Errorf("%s: %w", t.From, err)
	}
	j.data.Started = &Started{Update: o.update, Quality: j.comparable(o)}
	return nil
}

// accepts is an error unless the network of the other run is that of this one.
func (j *job) accepts(o *origin) error {
	from := j.config.Train.From
	switch {
	case o.config.Model != j.config.Model:
		return train.Usagef("model.size: %q, but %s has %q; a run starts from a network of its own size", j.config.Model.Size, from, o.config.Model.Size)
	case o.config.Data.Equalise != j.config.Data.Equalise:
		return train.Usagef("data.equalise: %t, but %s has %t; a run starts from a network that has seen the same", j.config.Data.Equalise, from, o.config.Data.Equalise)
	case !slices.Equal(o.data.Shape, j.data.Shape):
		return train.Usagef("data: %ss of the shape %v, but %s was trained on %v; a run starts from a network for its own size", j.data.noun(), j.data.Shape, from, o.data.Shape)
	case !slices.Equal(o.data.Classes, j.data.Classes):
		return train.Usagef("data.source: the classes %q, but %s was trained on %q; a run starts from a network for its own classes", j.data.Classes, from, o.data.Classes)
	}
	return nil
}

// openNew opens the job of a new run, so that one that cannot start from the run that it names leaves no folder.
func openNew(c *Config, o train.Options) (_ train.Job, err error) {
	j, err := openJob(c, o)
	if err != nil {
		return nil, err
	}
	if err := j.begin(func(text string) { o.Say("%s", text) }); err != nil {
		return nil, errors.Join(err, j.Close())
	}
	if s := j.data.Started; s != nil {
		o.Say("the network is that of update %d of %s; the objective is %s", s.Update, c.Train.From, c.Train.Objective)
	}
	return j, nil
}
