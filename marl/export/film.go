package export

import (
	"context"
	"errors"

	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/sim"
	"github.com/gmel-go/gmel/sim/render"
)

// MostFilm is the largest number of slots of a film; they are in memory together.
const MostFilm = 200

// filmFPS are the slots that a film shows in a second.
const filmFPS = 4

// film plays the policy of a run in one world of its scenario and returns the first slots of the first episode as a GIF.
func film(ctx context.Context, t *run.Trained, slots int) (gif []byte, err error) {
	// A run of another machine may have a backend that is not here.
	p, err := t.Open(run.EvalOptions{Seed: t.Config.EvalSeed, Threads: 1, Backend: "auto"})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	camera := render.NewCamera(p.Scenario, render.Options{Title: p.Scenario.Name + ", " + p.Name(), Movie: true, Frames: slots, FPS: filmFPS})
	_, err = sim.Simulate(sim.SimulateOptions{
		Context: ctx, Scenario: p.Scenario.HeldOut(), Policy: p, Worlds: 1, Episodes: 1, Seed: t.Config.EvalSeed, Threads: 1, Watcher: camera,
	})
	if err != nil {
		return nil, err
	}
	return camera.Picture()
}
