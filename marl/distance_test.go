package marl

import (
	"math"
	"testing"
)

// line has agents of two worlds' groups on a line, in m.
var line = [][2]float32{{0, 0}, {12, 0}, {12, 27}}

// Uniform weights are the uniform share in all ranges, to the bit, for any number of agents.
func TestUniformAttentionByDistance(t *testing.T) {
	for agents := 2; agents < 60; agents++ {
		m := &distanceMeter{group: agents, heads: 2, width: 10}
		places := make([][2]float32, agents)
		for i := range places {
			places[i][0] = float32(7 * i)
		}
		m.observe(make([]float32, 4*agents), make([]float32, 4*agents), places)
		a, pairs := m.result(3), 0
		for r, mean := range a.Mean {
			if pairs += a.Pairs[r]; mean != a.Uniform || a.Heads[0][r] != a.Uniform || a.Heads[1][r] != a.Uniform {
				t.Errorf("%d agents at %g m: %g, want %g", agents, a.DistanceM[r], mean, a.Uniform)
			}
		}
		if want := float32(1 / float64(agents-1)); a.Uniform != want || pairs != agents*(agents-1) || a.Update != 3 || a.Check() != nil {
			t.Errorf("%d agents: uniform %g, want %g; %d pairs", agents, a.Uniform, want, pairs)
		}
	}
}

// Head 0 has logits 0 but for agent 1, whose logit is ln 3; head 1 is uniform. So the others give agent 1 a weight of 3/4 and the third
// one 1/4, and agent 1 gives both 1/2.
func TestAttentionByDistance(t *testing.T) {
	const d = 4 // of a head
	m := &distanceMeter{group: 3, heads: 2, width: 10}
	query, key := make([]float32, 2*3*2*d), make([]float32, 2*3*2*d)
	for i := range 3 {
		query[i*2*d] = 1
	}
	key[2*d] = float32(math.Log(3) * math.Sqrt(d))
	m.observe(query[:3*2*d], key[:3*2*d], line)
	a := m.result(0)
	// 0-1 are 12 m apart, 1-2 are 27, 0-2 are 29.5.
	for _, x := range []struct {
		what string
		got  []float32
		want [2]float64 // in 10 to 20 m, and 20 to 30
	}{
		{"head 0", a.Heads[0], [2]float64{(.75 + .5) / 2, (.75 + .5 + .25 + .25) / 4}},
		{"head 1", a.Heads[1], [2]float64{.5, .5}},
		{"mean", a.Mean, [2]float64{(.625 + .5) / 2, (.4375 + .5) / 2}},
	} {
		for r, want := range x.want {
			if math.Abs(float64(x.got[r])-want) > 1e-7 {
				t.Errorf("%s at %g m is %g, want %g", x.what, a.DistanceM[r], x.got[r], want)
			}
		}
	}
	if len(a.Mean) != 2 || a.DistanceM[0] != 15 || a.DistanceM[1] != 25 || a.Pairs[0] != 2 || a.Pairs[1] != 4 || a.Uniform != .5 {
		t.Errorf("%+v", a)
	}
}

// Agents of other groups have no weight.
func TestAttentionInGroupsByDistance(t *testing.T) {
	m := &distanceMeter{group: 2, heads: 1, width: 1}
	m.observe(make([]float32, 4), make([]float32, 4), [][2]float32{{0, 0}, {1.5, 0}, {100, 0}, {101.5, 0}})
	if a := m.result(0); len(a.Mean) != 1 || a.Pairs[0] != 4 || a.Mean[0] != 1 || a.Uniform != 1 {
		t.Errorf("%+v", a)
	}
}

func TestRangesAreRound(t *testing.T) {
	for x, want := range map[float64]float64{0.7: 1, 1: 1, 1.2: 2, 3: 5, 6: 10, 16.8: 20, 20.1: 50, 85: 100} {
		if got := roundUp(x); math.Abs(got-want) > 1e-12 {
			t.Errorf("%g becomes %g, want %g", x, got, want)
		}
	}
}
