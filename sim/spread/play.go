package spread

import (
	"context"
	"fmt"
	"math"
)

// Episode describes a finished episode.
type Episode struct {
	World, Episode int
	Return         float64 // sum of all rewards over agents and cycles
	Collisions     int     // pairs of agents that touch, summed over cycles
	Covered        int     // landmarks with an agent nearer than 0.1 in the last cycle
	Distance       float64 // mean over landmarks of the distance to the nearest agent, in the last cycle
}

// EpisodeBytes is the memory of the results of one episode, with room for a list that grows.
const EpisodeBytes = 96

// Game says what Play plays.
type Game struct {
	Scenario *Scenario
	Episodes int
	Seed     uint64 // of the worlds
	Threads  int
}

// Record is what Play has seen.
type Record struct {
	Episodes     []Episode // by world, then by episode; the same order for every policy
	ActionShares []float64 // [U]
	Hash         string    // of all actions and rewards that count
}

// DefaultWorlds is the number of worlds that are played side by side: one for each episode, at most 64.
func DefaultWorlds(episodes int) int { return min(episodes, 64) }

// Play plays a policy until every world has finished its share of the episodes. Threads do not change the result. It
// ends early with the error of ctx.
func Play(ctx context.Context, g Game, p Policy) (Record, error) {
	w, err := New(g.Scenario, DefaultWorlds(g.Episodes), g.Seed)
	if err != nil {
		return Record{}, err
	}
	w.SetThreads(g.Threads)
	m := newMeter(w, g.Episodes)
	actions := make([]int32, w.worlds*w.agents)
	for m.left > 0 {
		if err := ctx.Err(); err != nil {
			return Record{}, err
		}
		p.Act(w, actions)
		if f, ok := p.(interface{ Err() error }); ok && f.Err() != nil {
			return Record{}, f.Err()
		}
		if err := w.Step(actions); err != nil {
			return Record{}, fmt.Errorf("policy %s: %w", p.Name(), err)
		}
		m.observe(w, actions)
	}
	return m.record(), nil
}

// meter counts the first episodes of every world.
type meter struct {
	left    int         // episodes of all worlds
	quota   []int       // [W] episodes
	running []Episode   // [W]
	done    [][]Episode // [W]
	actions [Actions]int
	hash    []uint64 // [W]
}

func newMeter(w *Worlds, episodes int) *meter {
	m := &meter{left: episodes, quota: make([]int, w.worlds), running: make([]Episode, w.worlds), done: make([][]Episode, w.worlds), hash: make([]uint64, w.worlds)}
	for world := range m.quota {
		m.quota[world], m.hash[world] = (episodes+w.worlds-1-world)/w.worlds, fnvOffset
	}
	return m
}

// FNV-1a with one multiplication for a word of 32 bits.
const (
	fnvOffset uint64 = 14695981039346656037
	fnvPrime  uint64 = 1099511628211
)

func fold(hash uint64, word uint32) uint64 { return (hash ^ uint64(word)) * fnvPrime }

func (m *meter) observe(w *Worlds, actions []int32) {
	for world := range w.worlds {
		if m.quota[world] == 0 {
			continue
		}
		e, o := &m.running[world], w.outcomes[world]
		for n := world * w.agents; n < (world+1)*w.agents; n++ {
			e.Return += float64(w.reward[n])
			m.actions[actions[n]]++
			m.hash[world] = fold(fold(m.hash[world], uint32(actions[n])), math.Float32bits(w.reward[n]))
		}
		e.Collisions += o.Collisions
		if w.truncated[world] {
			e.World, e.Episode = world, len(m.done[world])
			e.Covered, e.Distance = o.Covered, float64(o.Distance)/float64(w.agents)
			m.done[world] = append(m.done[world], *e)
			*e = Episode{}
			m.quota[world]--
			m.left--
		}
	}
}

func (m *meter) record() Record {
	r := Record{ActionShares: make([]float64, Actions)}
	all, hash := 0, fnvOffset
	for _, n := range m.actions {
		all += n
	}
	for a, n := range m.actions {
		r.ActionShares[a] = float64(n) / float64(max(1, all))
	}
	for world, list := range m.done {
		r.Episodes = append(r.Episodes, list...)
		hash = fold(fold(hash, uint32(m.hash[world])), uint32(m.hash[world]>>32))
	}
	r.Hash = fmt.Sprintf("%016x", hash)
	return r
}
