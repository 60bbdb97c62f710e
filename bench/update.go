package bench

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/amarl"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/sim"
)

// Updates are the cases of "update": AMARL as it trains, on a larger minibatch, and on a GPU with a wider critic, too.
func Updates(gpu bool) []Case {
	list := []Case{Update(256, 30, 64)}
	if gpu {
		list = append(list, Update(1024, 30, 128).against(3))
	}
	return list
}

// Update is the whole update of AMARL on B joint transitions of the offloading game with A IEDs:
// minibatch from a filled replay, targets, critic, actor, two optimisers, target networks.
func Update(batch, agents, hidden int) Case {
	return Case{
		Name: "update", Shape: fmt.Sprintf("amarl N%d H%d B%d", agents, hidden, batch), Unit: "joint transitions/s", Items: float64(batch),
		Peer: "update", Sizes: map[string]int{"batch": batch, "agents": agents}, Goals: map[string]float64{peerTorch: 2.5},
		Open:  func(b kernels.Backend) (Running, error) { return openUpdate(b, batch, agents, hidden) },
		Batch: func(n int) Case { return Update(n, agents, hidden) },
	}
}

// seed of the worlds and runs that are measured.
const seed = 1

// update is a trainer whose replay is filled and stays as it is.
type update struct {
	cfg         marl.Config
	own         func() ([]Array, error) // what only this work's peer needs
	ready       func() error            // called after the warm-up: what comes before the first update
	critic      func() *nn.Params       // of the algorithm
	actorHidden int
	backend     kernels.Backend
	agents      int
	worlds      *sim.Worlds
	trainer     *marl.Trainer
	ran         bool
}

func openUpdate(backend kernels.Backend, batch, agents, hidden int) (Running, error) {
	u := &update{cfg: marl.DefaultOf("amarl"), backend: backend, agents: agents}
	c := u.cfg.Own.(*amarl.Config)
	u.own, u.ready = u.draws, func() error { return u.trainer.Prepare() }
	u.actorHidden = hidden
	u.critic = func() *nn.Params { return marl.NewCritic(&c.AttentionConfig, agents, u.worlds.O, u.worlds.U).Params() }
	c.Batch, c.Hidden, c.ActorHidden, c.Replay = batch, hidden, hidden, 2048
	u.cfg.WarmupSlots = 64
	return u.opened()
}

// opened is the state before the first update, or nothing.
func (u *update) opened() (Running, error) {
	if err := u.restart(); err != nil {
		if u.trainer != nil {
			err = errors.Join(err, u.Close())
		}
		return nil, err
	}
	return u, nil
}

// restart is the state before the first update.
func (u *update) restart() error {
	if u.trainer != nil {
		if err := u.Close(); err != nil {
			return err
		}
	}
	s, err := sim.Preset("paper")
	if err != nil {
		return err
	}
	if u.worlds, err = sim.New(s.Population(u.agents), u.cfg.Worlds, seed); err != nil {
		return err
	}
	if u.trainer, err = marl.NewTrainer(u.cfg, marl.OffloadingFor(&u.cfg, u.worlds), u.backend, seed); err != nil {
		return err
	}
	if err := u.trainer.WarmUp(context.Background()); err != nil {
		return err
	}
	return u.ready()
}

// Run implements Running.
func (u *update) Run(n int) error {
	u.ran = true
	return u.trainer.Repeat(n)
}

// Program implements Running.
func (u *update) Program() *kernels.Program { return u.trainer.UpdateProgram() }

// Profile implements Running.
func (u *update) Profile() (kernels.Profile, bool) {
	return u.trainer.Profile(u.trainer.UpdateProgram())
}

// Close implements Running.
func (u *update) Close() error { return u.trainer.Close() }

// fresh makes sure that no update has been taken.
func (u *update) fresh() error {
	if !u.ran {
		return nil
	}
	u.ran = false
	return u.restart()
}

// Given implements Running: networks, optimiser's settings, replay, and what the first update draws.
func (u *update) Given() ([]Array, error) {
	if err := u.fresh(); err != nil {
		return nil, err
	}
	own, err := u.own()
	if err != nil {
		return nil, err
	}
	arrays, err := u.kept(func(name string) string {
		if strings.Contains(name, "adam") || name == "statistics" {
			return ""
		}
		return name
	})
	return append(arrays, own...), err
}

// draws are the settings and random draws of the off-policy update.
func (u *update) draws() ([]Array, error) {
	drawn, err := u.drawn(func(l marl.Learner, b *machine.Builder) []machine.Tensor {
		rows, next := l.(*amarl.Learner).Draws(b)
		return []machine.Tensor{rows, next}
	})
	if err != nil {
		return nil, err
	}
	c := u.cfg.Own.(*amarl.Config)
	return []Array{
		vector("settings", float32(u.cfg.Gamma), float32(c.Polyak), float32(c.AttentionPenalty), float32(c.LogitPenalty),
			float32(c.LRCritic), float32(c.LRActor), float32(u.cfg.MaxNorm), float32(c.Heads)),
		vector("rows", drawn[0]...), vector("next", drawn[1]...),
	}, nil
}

func vector(name string, v ...float32) Array { return Array{name, []int{len(v)}, v} }

// Found implements Running.
func (u *update) Found() ([]Array, error) {
	if err := u.fresh(); err != nil {
		return nil, err
	}
	if err := u.Run(1); err != nil {
		return nil, err
	}
	m, err := u.trainer.Metrics()
	if err != nil {
		return nil, err
	}
	arrays, err := u.kept(func(name string) string {
		if at, ok := strings.CutSuffix(name, "_adam/grad"); ok {
			return "grad/" + at
		}
		return ""
	})
	return append(arrays, Array{"critic_loss", nil, []float32{m.Value("critic_loss")}}, Array{"actor_loss", nil, []float32{m.Value("actor_loss")}}), err
}

// State implements Running: networks, targets, gradients and moments, all but the replay.
func (u *update) State() ([]Array, error) {
	tensors, err := u.trainer.Kept()
	if err != nil {
		return nil, err
	}
	var arrays []Array
	for _, t := range tensors {
		if !strings.HasPrefix(t.Name, "replay/") {
			arrays = append(arrays, Array{t.Name, t.Shape, t.Data})
		}
	}
	return arrays, nil
}

// kept returns tensors of the trainer under the names that rename gives, those of networks split
// into parameters; "" leaves one out.
func (u *update) kept(rename func(string) string) ([]Array, error) {
	tensors, err := u.trainer.Kept()
	if err != nil {
		return nil, err
	}
	actor := marl.NewActor(u.actorHidden, u.worlds.O, u.worlds.U)
	nets := map[string]*nn.Params{"critic": u.critic(), "actor": actor.Params()}
	var arrays []Array
	for _, t := range tensors {
		name := rename(t.Name)
		if name == "" {
			continue
		}
		net, _, _ := strings.Cut(strings.TrimPrefix(name, "grad/"), "_target")
		if p, ok := nets[net]; ok {
			arrays = append(arrays, split(name, p, t.Data)...)
			continue
		}
		arrays = append(arrays, Array{name, t.Shape, t.Data})
	}
	if len(arrays) == 0 {
		return nil, errors.New("bench: the trainer's state has changed its names")
	}
	return arrays, nil
}

// split cuts the flat vector of a network into its parameters.
func split(name string, p *nn.Params, flat []float32) (arrays []Array) {
	pl := p.Place(machine.NewLayout(), name)
	for _, q := range p.List() {
		t := pl.Tensor(q)
		at := t.Offset() - pl.Flat.Offset()
		arrays = append(arrays, Array{name + "/" + q.Name(), t.Shape(), flat[at : at+t.Len()]})
	}
	return arrays
}
