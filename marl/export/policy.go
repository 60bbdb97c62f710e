package export

import (
	"path"
	"path/filepath"
	"runtime"
	"runtime/debug"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/actor"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
)

// Policy is the policy of a run that takes the likeliest action, with its whole contract.
func Policy(t *run.Trained) (*actor.Policy, error) {
	learned, err := t.Policy(marl.Execution{})
	if err != nil {
		return nil, err
	}
	p, err := learned.Export()
	if err != nil {
		return nil, train.Usage(err)
	}
	c := &p.Contract
	c.Format, c.Version, c.Versions = actor.Format, actor.Version, versions()
	c.Algorithm = t.Config.Train.Algo
	if c.Name, err = nameOf(t.Folder); err != nil {
		return nil, err
	}
	if c.Checkpoint, err = checkpointOf(t); err != nil {
		return nil, err
	}
	return p, describe(c, t)
}

// describe fills in what the policy was trained in.
func describe(c *actor.Contract, t *run.Trained) error {
	played, err := t.Played()
	if err != nil {
		return err
	}
	c.Interface = played.Interface
	c.Game = actor.Game{
		Name: played.Name, Agents: played.Agents, SlotS: played.SlotS, Slots: played.Slots, Scenario: played.Scenario, Files: []actor.File{},
	}
	for _, in := range t.Inputs {
		c.Game.Files = append(c.Game.Files, actor.File{Setting: in.Setting, Name: path.Base(in.File), SHA256: in.SHA256})
	}
	return nil
}

// nameOf is the name of a run folder.
func nameOf(f train.Folder) (string, error) {
	full, err := filepath.Abs(string(f))
	return filepath.Base(full), err
}

func checkpointOf(t *run.Trained) (c actor.Checkpoint, err error) {
	if c.Update, err = t.Saved.Update(); err != nil {
		return c, err
	}
	c.Seed = t.Config.Seed
	c.SHA256, err = t.Saved.State.SHA256()
	return c, err
}

// versions are those of this program.
func versions() map[string]string {
	b, ok := debug.ReadBuildInfo()
	if !ok {
		b = &debug.BuildInfo{}
	}
	return map[string]string{"gmel": train.Commit(b), "go": runtime.Version()}
}
