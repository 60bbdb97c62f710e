package loop

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
)

// Sources say where a configuration comes from; later ones win: defaults, File, Sets in their order, the others. Faults name them as flags
// of gmel.
type Sources struct {
	File     string   // YAML; "" for none
	Sets     []string // path=value with a YAML value, such as stations.rare=5
	Seed     *uint64
	Data     string   // "" for that of File, Sets or the default
	Policies []string // run folders, beside those of File and Sets
}

// Load reads and validates a configuration. Errors name file and line or the flag, the field, its value and what is allowed; several faults
// are joined.
func Load(src Sources) (*Config, error) {
	r := setting.NewReader()
	var errs []error
	if src.File != "" {
		errs = append(errs, r.File(src.File))
	}
	for _, s := range src.Sets {
		errs = append(errs, r.Set(s))
	}
	if src.Data != "" {
		r.Word(setting.Origin{Flag: "--data " + src.Data}, "data.source", src.Data)
	}
	if src.Seed != nil {
		text := strconv.FormatUint(*src.Seed, 10)
		r.Word(setting.Origin{Flag: "--seed " + text}, "seed", text)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, train.Usage(err)
	}
	c := Default()
	for _, s := range c.sections() {
		r.Read(s)
	}
	if err := r.Check(); err != nil {
		return nil, train.Usage(err)
	}
	return c, c.resolve(r, src.Policies)
}

// resolve makes names of files absolute, each relative to the text that has it, and adds folders of runs.
func (c *Config) resolve(r *setting.Reader, runs []string) (err error) {
	if err := c.Data.Resolve(r); err != nil {
		return err
	}
	if !sim.IsPreset(c.World.Scenario) {
		if c.World.Scenario, err = filepath.Abs(r.Origin("world.scenario").Resolve(c.World.Scenario)); err != nil {
			return err
		}
	}
	for i, dir := range c.Policies.Runs {
		if c.Policies.Runs[i], err = filepath.Abs(r.Origin(fmt.Sprintf("policies.runs[%d]", i)).Resolve(dir)); err != nil {
			return err
		}
	}
	for _, dir := range runs {
		path, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		c.Policies.Runs = append(c.Policies.Runs, path)
	}
	return nil
}
