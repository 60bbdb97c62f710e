package run

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/nn/train"
)

// Sources say where a configuration comes from; later ones win: defaults, File, Sets in their order, the others. Faults
// name them as flags of gmel.
type Sources struct {
	File string   // YAML; "" for none
	Sets []string // path=value with a YAML value, such as train.lr=0.001
	Seed *uint64

	Data, Model, Backend, Device string // "" for that of File, Sets or the default
}

// Load reads and validates a configuration. Errors name file and line or the flag, the field, its value and what is
// allowed; several faults are joined.
func Load(src Sources) (*Config, error) {
	r := setting.NewReader()
	var errs []error
	if src.File != "" {
		errs = append(errs, r.File(src.File))
	}
	for _, s := range src.Sets {
		errs = append(errs, r.Set(s))
	}
	for _, f := range []struct{ flag, path, value string }{
		{"data", sourceKey, src.Data}, {"model", "model.size", src.Model}, {"backend", "train.backend", src.Backend}, {"device", "train.device", src.Device},
	} {
		if f.value != "" {
			r.Word(setting.Origin{Flag: "--" + f.flag + " " + f.value}, f.path, f.value)
		}
	}
	if src.Seed != nil {
		text := strconv.FormatUint(*src.Seed, 10)
		r.Word(setting.Origin{Flag: "--seed " + text}, "seed", text)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, usage(err)
	}
	return read(r)
}

const (
	sourceKey = "data.source"
	labelsKey = "data.labels"
)

// read reads all sections and makes the names of a folder and of files absolute. Some defaults depend on the network.
func read(r *setting.Reader) (*Config, error) {
	c := Default()
	model := c.Model.Size
	if r.Peek("model.size", &model); model == sequenceModel {
		c.forSequences()
	}
	for _, s := range c.sections() {
		r.Read(s)
	}
	if err := r.Check(); err != nil {
		return nil, usage(err)
	}
	if err := errors.Join(c.pair(r), c.canGuide(&c.Sample)); err != nil || c.Data.kind() == drawn {
		return c, err
	}
	return c, errors.Join(absolute(r, sourceKey, &c.Data.Source), absolute(r, labelsKey, &c.Data.Labels))
}

// absolute makes a name relative to the text that has it absolute; "" stays.
func absolute(r *setting.Reader, key string, name *string) (err error) {
	if *name != "" {
		*name, err = filepath.Abs(r.Origin(key).Resolve(*name))
	}
	return err
}

// canGuide is an error for guidance by a network that was always told the class.
func (c *Config) canGuide(s *Sample) error {
	if s.Guidance != 1 && c.Train.Unlabelled == 0 {
		return usagef("guidance of %g is asked for, but train.unlabelled is 0, so the network does not know images without a class; allowed: 1", s.Guidance)
	}
	return nil
}

// usage marks an error as an error in the user's input; nil stays nil.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return &train.UsageError{Err: err}
}

func usagef(format string, args ...any) error { return usage(fmt.Errorf(format, args...)) }
