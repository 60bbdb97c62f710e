package run

import (
	"context"
	"maps"
	"path/filepath"
	"slices"

	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
)

// digestOf is the digest of an input as a scenario has it, see sim.Scenario.Digests.
func digestOf(in *train.Input) string { return sim.DigestPrefix + in.SHA256 }

// begun describes a new run. Its folder gets copies of the files that the scenario names. config.yaml names the
// copies, relative to itself, and all that the run reads after its beginning is read from them.
func begun(ctx context.Context, c *Config) (*train.Run, error) {
	c = c.withFiles(nil)
	var inputs []train.Input
	var err error
	c.digests = map[string]string{}
	kept := map[string]string{} // the copy, from the run folder, by setting
	for _, f := range c.game().files() {
		if *f.Path == "" {
			continue
		}
		if inputs, err = train.AddInput(ctx, inputs, settingOf(f.Key), *f.Path); err != nil {
			return nil, err
		}
		last := &inputs[len(inputs)-1]
		c.digests[f.Key], kept[f.Key] = digestOf(last), last.File
	}
	run := newRun(c, c)
	run.Config = c.withFiles(kept).Commented()
	run.Inputs = inputs
	run.Began = func(folder train.Folder) {
		for key, name := range kept {
			kept[key] = folder.File(filepath.FromSlash(name))
		}
		c.withFiles(kept).game().into(c)
	}
	return run, nil
}

func settingOf(key string) string { return "scenario." + key }

// withFiles returns a copy with other paths of files, by setting; the others stay.
func (c *Config) withFiles(paths map[string]string) *Config {
	n := *c
	c.game().clone().into(&n)
	for _, f := range n.game().files() {
		if path := paths[f.Key]; path != "" {
			*f.Path = path
		}
	}
	return &n
}

// recorded takes the digests of the scenario's files from the records of a run folder.
func (c *Config) recorded(folder train.Folder, inputs []train.Input) error {
	c.digests = map[string]string{}
	for key, path := range paths(c.game()) {
		at := slices.IndexFunc(inputs, func(in train.Input) bool { return in.Setting == settingOf(key) })
		if at < 0 || !same(inputs[at].Copy(folder), path) {
			return train.Usagef("%s: inputs.json has no record of %s, the file of %s: it is a run of another version of gmel, or config.yaml or inputs.json was edited; a run goes on only as it began",
				folder, path, settingOf(key))
		}
		c.digests[key] = digestOf(&inputs[at])
	}
	return nil
}

// same reports whether a path is that absolute path.
func same(path, absolute string) bool {
	path, err := filepath.Abs(path)
	return err == nil && path == absolute
}

// identify takes the digests of files that another configuration has, too, from there, and reads the others.
func (c *Config) identify(other *Config) error {
	if mine := paths(c.game()); maps.Equal(mine, paths(other.game())) {
		c.digests = other.digests
		return nil
	}
	digests, err := c.game().digests()
	c.digests = digests
	return err
}
