package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim/feature"
	"github.com/gmel-go/gmel/sim/spread"
)

// Trained is a trained policy with what its run folder tells of it.
type Trained struct {
	*Past
	Saved  *train.Saved // the latest checkpoint
	Inputs []train.Input
	Damage error // why the table or the lines cannot be read, which the policy does not need; nil if they can
}

// ReadTrained reads a run folder with a checkpoint. It writes nothing, so the run may be training meanwhile. notice gets
// warnings, such as of a damaged checkpoint for which the previous one is used, or of a table that is left out.
func ReadTrained(dir string, notice func(string)) (*Trained, error) {
	past, err := ReadPast(dir)
	if past == nil {
		return nil, err
	}
	t := &Trained{Past: past, Damage: err}
	if err != nil && notice != nil {
		notice(fmt.Sprintf("WARNING: %v; it is left out, the policy does not need it", err))
	}
	if t.Inputs, err = past.Folder.Inputs(); err != nil {
		return nil, err
	}
	o := EvalOptions{Notice: notice}
	t.Saved, err = o.checkpoint(past.Folder, past.Config)
	return t, err
}

// Policy is the trained policy in worlds of the run's game.
func (t *Trained) Policy(how marl.Execution) (*marl.Policy, error) {
	p, err := marl.NewPolicy(&t.Config.Train, t.Saved.State, t.Config.game().sizes(), how)
	if err != nil {
		return nil, train.Usagef("%s: %w", t.Saved.Path, err)
	}
	return p, nil
}

// Open returns the greedy policy in its own scenario, which is one of the edge game. Of the options it uses Seed, Threads, Backend and
// Device.
func (t *Trained) Open(o EvalOptions) (*Player, error) {
	if t.Config.Scenario == nil {
		return nil, train.Usagef("%s was trained in the game %s, and this is the edge game", t.Folder, t.Scenario())
	}
	backend, err := openBackend(o.train(t.Config), false, false)
	if err != nil {
		return nil, err
	}
	p, err := t.Policy(marl.Execution{Backend: backend, Seed: o.Seed})
	if err != nil {
		return nil, errors.Join(err, backend.Close())
	}
	return &Player{Policy: p, Scenario: t.Config.Scenario, backend: backend}, nil
}

// Scenario is the name of the run's scenario.
func (t *Trained) Scenario() string { return t.Config.game().name() }

// Curve is the picture of the learning curve; nil if the run has none yet.
func (t *Trained) Curve() ([]byte, error) {
	picture, err := os.ReadFile(t.Folder.Curve())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return picture, err
}

// Played describes the game of a run to other programs.
type Played struct {
	Name      string // edge, or that of another game
	Agents    int
	SlotS     float64 // time between decisions in s
	Slots     int     // of an episode
	Scenario  json.RawMessage
	Interface feature.Interface // with what agents see of earlier turns
}

// Played describes the game of the run. Files that the scenario names have the names of their copies in the folder.
func (t *Trained) Played() (*Played, error) {
	g, names := t.Config.game(), map[string]string{}
	for _, in := range t.Inputs {
		for key := range paths(g) {
			if settingOf(key) == in.Setting {
				names[key] = path.Base(in.File)
			}
		}
	}
	p := g.played()
	p.Scenario = setting.JSON([]setting.Section{{Value: g.withDigests(names).section(t.Config).Value}})
	var err error
	p.Interface.Observations, err = t.Config.Train.ObservedInTurns(g.sizes(), p.Interface.Observations)
	if err != nil {
		return nil, errors.Join(train.Usagef("%s", t.Folder), err)
	}
	return p, nil
}

func (g edge) played() *Played {
	return &Played{Name: "edge", Agents: g.IEDs, SlotS: g.Time.SlotS, Slots: g.Time.Slots, Interface: g.Interface()}
}

func (g spreading) played() *Played {
	return &Played{Name: g.name(), Agents: g.Agents, SlotS: spread.CycleS, Slots: g.MaxCycles, Interface: g.Interface()}
}
