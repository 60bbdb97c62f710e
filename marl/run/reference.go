package run

import (
	"context"

	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
)

// References plays the policies that know more than an agent can on the evaluation episodes of a finished run. Progress may be nil.
func (p *Past) References(ctx context.Context, threads int, progress func(done, total int)) ([]Row, error) {
	c := comparison{game: p.Config.game(), episodes: p.Table.Episodes, seed: p.Table.Seed, threads: threads, progress: progress}
	players, err := c.game.references(c.seed)
	if err != nil {
		return nil, err
	}
	return c.play(ctx, players, new(Table))
}

// referenceMemory is what the results of references take, beside evaluationMemory.
func referenceMemory(episodes int) train.MemoryPart {
	return train.MemoryPart{
		What: "the results of the references", Bytes: train.Times(int64(len(sim.References()))*2*sim.EpisodeBytes, episodes), Setting: "--episodes",
	}
}

// references are those of package sim.
func (g edge) references(seed uint64) (all []player, err error) {
	for _, name := range sim.References() {
		p, err := sim.NewPolicy(name, g.Scenario, seed)
		if err != nil {
			return nil, err
		}
		all = append(all, edgePlayer{g.Scenario, p, false})
	}
	return all, nil
}

func (g spreading) references(uint64) ([]player, error) {
	return nil, train.Usagef("--references: %s has no policies that know more than an agent can", g.name())
}
