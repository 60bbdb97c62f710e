package sim

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTrialsPredictWhatTheStepPays: on random scenarios over every option, the rewards of a joint action on a trial have the bits of
// the rewards that the step then pays, and the changes that led there add up to its value.
func TestTrialsPredictWhatTheStepPays(t *testing.T) {
	options, scenarios := map[string]int{}, 0
	for seed := uint64(1); (scenarios < 40 || len(options) < optionCount) && !t.Failed() && seed < 400; seed++ {
		d := dice{rand.New(rand.NewPCG(seed, 11))}
		s := d.scenario(t)
		if s.IEDs > 200 {
			continue
		}
		scenarios++
		for _, o := range optionsOf(s) {
			options[o]++
		}
		predictEpisode(t, d, s, seed)
	}
	t.Logf("%d scenarios, options %v", scenarios, options)
	if len(options) < optionCount {
		t.Errorf("options that were never on: only %v were", options)
	}
}

func predictEpisode(t *testing.T, d dice, s *Scenario, seed uint64) {
	t.Helper()
	w, err := New(s, 2, seed)
	if err != nil {
		t.Fatal(err)
	}
	board, actions := newTrial(w.p), make([]int32, w.W*w.A)
	played := policy(t, pick(d, References()...), s)
	board.cost = Prices{d.Float64(), d.Float64(), d.Float64()}.of(w.p)
	for slot := range s.Time.Slots {
		d.act(w, actions)
		if s.IEDs < 50 && d.flag() {
			played.Act(w, actions) // its actions are legal
		}
		board.begin(w, 1)
		plain := board.grantAs(w, actions[w.A:])
		value := board.total()
		for range 2 { // there, back to something else, and there again
			d.shuffle(board, plain, &value)
		}
		predicted, fresh := board.replay()
		if math.Abs(fresh-value) > 1e-6*(1+math.Abs(fresh)) || fresh != board.total() {
			t.Fatalf("seed %d, slot %d: the changes add up to %v, the value is %v of\n%s", seed, slot, value, fresh, s.YAML())
		}
		if err := w.Step(actions); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(predicted, w.Reward[w.A:]) {
			t.Errorf("seed %d, slot %d: rewards %v, predicted %v of\n%s", seed, slot, w.Reward[w.A:], predicted, s.YAML())
			return
		}
	}
}

// grantAs takes what IEDs wait for messages from the actions of a step, and returns the actions without it.
func (x *trial) grantAs(w *Worlds, actions []int32) (plain []int32) {
	for i, granted := range actions {
		a, k := w.ungrant(granted)
		plain = append(plain, a)
		if w.p.message > 0 {
			x.w.grants[i] = k
		}
	}
	return plain
}

// shuffle lets IEDs, in a random order, choose any action and then the given one.
func (d dice) shuffle(x *trial, actions []int32, value *float64) {
	for _, i := range d.Perm(x.w.A) {
		if x.w.model[i] < 0 {
			continue
		}
		x.change([]move{{int32(i), x.w.choice(i, d.IntN(x.w.choices(i)))}}, false)
		*value += x.change([]move{{int32(i), x.w.choice(i, d.IntN(x.w.choices(i)))}}, true)
	}
	for _, i := range d.Perm(x.w.A) {
		if x.w.model[i] >= 0 {
			*value += x.change([]move{{int32(i), actions[i]}}, true)
		}
	}
}

// replay plays every part once more. It returns all r_i and the value.
func (x *trial) replay() (rewards []float32, value float64) {
	if x.w.p.reuse {
		x.w.measureInterference(0)
	}
	clear(x.w.Reward)
	for m := range x.senders {
		value += x.playES(m)
	}
	for i := range x.own {
		value += x.playOwn(i)
	}
	return slices.Clone(x.w.Reward), value
}
