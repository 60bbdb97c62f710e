package run

import (
	"errors"
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

	// From is the folder of a run to start from, whose settings are the defaults; "" for that of File, Sets or none.
	From string
	own  *Config // of a run that goes on, for its settings that From gave
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
	if src.From != "" {
		r.Word(setting.Origin{Flag: "--from " + src.From}, fromKey, src.From)
		r.Word(setting.Origin{Flag: "--from " + src.From}, digestKey, "")
	}
	if err := errors.Join(errs...); err != nil {
		return nil, train.Usage(err)
	}
	c, err := src.defaults(r)
	if err != nil {
		return nil, err
	}
	return read(r, c)
}

const (
	sourceKey = "data.source"
	labelsKey = "data.labels"
)

// IsRun reports whether a folder has a run of this kind: its configuration names a network.
func IsRun(dir string) bool {
	r, size := setting.NewReader(), ""
	path, err := train.Folder(dir).Config()
	if err != nil || r.File(path) != nil {
		return false
	}
	r.Peek("model.size", &size)
	return size != ""
}

// read reads all sections over the defaults c and makes the names of folders and of files absolute.
func read(r *setting.Reader, c *Config) (*Config, error) {
	for _, s := range c.sections() {
		r.Read(s)
	}
	if err := r.Check(); err != nil {
		return nil, train.Usage(err)
	}
	if err := c.resolveStart(r); err != nil {
		return nil, err
	}
	if err := errors.Join(c.pair(r), c.canGuide(&c.Sample)); err != nil {
		return c, err
	}
	return c, c.Data.Resolve(r)
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
		return train.Usagef("guidance of %g is asked for, but train.unlabelled is 0, so the network does not know images without a class; allowed: 1", s.Guidance)
	}
	return nil
}
