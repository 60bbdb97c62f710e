package machine_test

import (
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
)

// pair is an environment of a world of two agents.
type pair struct{}

func (pair) Sizes() (worlds, agents, obs, actions int) { return 1, 2, 3, 4 }

func (pair) Play(x kernels.Slot) error {
	for i, v := range x.Act {
		for _, of := range [][]float32{x.NextObs, x.NextMask} {
			of[i] = v + float32(i)
		}
	}
	return nil
}

// Successor states are unread where they are temporaries and no op reads a part of them. The Program has the same ops either way.
func TestUnread(t *testing.T) {
	for name, c := range map[string]struct {
		kept, read bool // the observation; the mask is a temporary that nothing reads
		want       []int
	}{
		"temporaries":         {false, false, []int{kernels.StepNextObs, kernels.StepNextMask}},
		"a part is read":      {false, true, []int{kernels.StepNextMask}},
		"a persistent tensor": {true, false, []int{kernels.StepNextMask}},
	} {
		l := machine.NewLayout()
		b := machine.NewBuilder(name, l)
		x := machine.Slot{
			Act: l.Add("act", 2), Obs: l.Add("obs", 2, 3), Mask: l.Add("mask", 2, 4), NextObs: b.Temp("next obs", 2, 3), NextMask: b.Temp("next mask", 2, 4),
			Reward: l.Add("reward", 2), Active: l.Add("active", 2), Ended: l.Add("ended", 2),
		}
		seen := l.Add("seen", 2)
		if c.kept {
			x.NextObs = l.Add("next obs", 2, 3)
		}
		b.Step(pair{}, x)
		if c.read {
			b.Copy(b.Part(x.NextObs, 0, 2), seen)
		}
		p, err := b.Build()
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, u := range p.Unread {
			got = append(got, u.Arg)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: arguments %d are unread, want %d", name, got, c.want)
		}
		s := session(t, l, p) // ref, which spoils what is unread
		upload(t, s, x.Act, 5, 7)
		run(t, s, p)
		if c.read {
			expect(t, s, seen, 5, 8)
		}
	}
}
