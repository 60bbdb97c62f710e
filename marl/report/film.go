package report

import (
	"errors"
	"fmt"

	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/sim"
	"github.com/gmel-go/gmel/sim/render"
)

// Sizes of a film, which is a part of the page.
const (
	filmFrames = 60
	filmFPS    = 5
)

// film adds a film to every scenario that has a finished run with a checkpoint. What cannot be filmed is a note.
func (p *Page) film(say func(string)) {
	for _, t := range p.Tasks {
		if firstFinished(t.teams) == nil {
			continue
		}
		leader := firstFinished([]*team{t.leader()})
		data, note, err := filmOf(leader, say)
		if err != nil {
			p.Notes = append(p.Notes, fmt.Sprintf("There is no film of %s: %v.", leader.Folder, err))
			continue
		}
		t.Film, t.FilmNote = inline("image/gif", data), note
	}
}

// filmOf plays a run's policy and the best heuristic in one world of the evaluation seed.
func filmOf(p *run.Past, say func(string)) (data []byte, note string, err error) {
	if p.Config.Scenario == nil {
		return nil, "", errors.New("only the edge game has films")
	}
	// A run of another machine may have a backend that is not here.
	learned, err := run.OpenPolicy(string(p.Folder), p.Config.Scenario, run.EvalOptions{Seed: p.Config.EvalSeed, Threads: 1, Backend: "auto", Notice: say})
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, learned.Close()) }()
	name := bestHeuristic(p.Table).Policy
	heuristic, err := sim.NewPolicy(name, learned.Scenario, p.Config.EvalSeed)
	if err != nil {
		return nil, "", err
	}
	var cameras []*render.Camera
	for _, policy := range []sim.Policy{learned, heuristic} {
		c := render.NewCamera(learned.Scenario, render.Options{Title: learned.Scenario.Name, Panel: policy.Name(), Movie: true, Frames: filmFrames, FPS: filmFPS})
		_, err := sim.Simulate(sim.SimulateOptions{Scenario: learned.Scenario.HeldOut(), Policy: policy, Episodes: 1, Seed: p.Config.EvalSeed, Watcher: c})
		if err != nil {
			return nil, "", err
		}
		cameras = append(cameras, c)
	}
	data, err = cameras[0].PictureBeside(cameras[1])
	return data, fmt.Sprintf("The greedy policy of %s and %s in the same world: the same places, tasks and fading.", p.Folder, name), err
}
