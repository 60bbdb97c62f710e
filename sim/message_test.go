package sim

import (
	"math"
	"strings"
	"testing"
)

// One IED that sends and one that computes itself, on each engine, by hand: an IED begins after its messages or its backlog,
// whichever ends later, and the wait is a part of its latency.
func TestMessagesDelayTheBeginning(t *testing.T) {
	for _, engine := range Engines() {
		play := func(message float64, actions []int32) *Worlds {
			w, err := NewOn(engine, paper(t, func(s *Scenario) {
				s.IEDs, s.Tasks.Probability, s.Time.MessageS = 2, 1, message
				s.Tasks.Models = s.Tasks.Models[:1]
				s.Tasks.Models[0].Share, s.Tasks.Models[0].DeadlineS = 1, Range{50, 60}
			}), 1, 1)
			if err != nil {
				t.Fatal(err)
			}
			granted := make([]int32, 2)
			for i := range granted {
				granted[i] = w.Grant(actions[i], int32(3+i))
			}
			if err := w.Step(granted); err != nil {
				t.Fatal(err)
			}
			return w
		}
		for _, actions := range [][]int32{{0, 1}, {1, 0}} {
			free, waits := play(0, actions), play(0.25, actions)
			for i := range 2 {
				wait := 0.25 * float64(3+i)
				if d := float64(waits.Task.Latency[i] - free.Task.Latency[i]); math.Abs(d-wait) > 1e-4 || waits.Task.Action[i] != actions[i] {
					t.Errorf("%s: IED %d with action %d takes %v s longer after %v s of messages", engine, i, waits.Task.Action[i], d, wait)
				}
				part := waits.Task.RadioWait[i]
				if actions[i] == 0 {
					part = waits.Task.QueueWait[i]
				}
				if math.Abs(float64(part)-wait) > 1e-6 {
					t.Errorf("%s: IED %d waits %v s, want %v", engine, i, part, wait)
				}
			}
		}
	}
}

// A refused action says which, without its messages, and changes nothing.
func TestMessagesOfIllegalActions(t *testing.T) {
	w, err := New(paper(t, func(s *Scenario) { s.Time.MessageS, s.Tasks.Probability = 1, 0 }), 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	before, actions := marshal(t, w), make([]int32, w.A)
	actions[4] = w.Grant(2, 7)
	if err := w.Step(actions); err == nil || !strings.Contains(err.Error(), "IED 4: action 2 is illegal") {
		t.Error(err)
	}
	if string(marshal(t, w)) != string(before) {
		t.Error("the worlds have changed")
	}
}

// The rule in turn counts one message for each IED with a task that the same ES has granted before, and its own.
func TestTheRulePaysForMessages(t *testing.T) {
	w, err := New(paper(t, func(s *Scenario) { s.Time.MessageS = 1e-3 }), 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	actions := make([]int32, w.W*w.A)
	(&InTurn{Prices: NewAppraiser(false).Prices}).Act(w, actions)
	for n, granted := range actions {
		want := int32(0)
		for j := n / w.A * w.A; j < (n/w.A+1)*w.A; j++ {
			first := w.data[j] > w.data[n] || w.data[j] == w.data[n] && j <= n
			if w.model[n] >= 0 && w.model[j] >= 0 && w.cand[j*w.p.C] == w.cand[n*w.p.C] && first {
				want++
			}
		}
		if _, k := w.ungrant(granted); k != want {
			t.Errorf("IED %d waits for %d messages, want %d", n, k, want)
		}
	}
}
