package sim

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// queued is a scenario in which only the IEDs' queues of tasks matter.
func queued(t testing.TB, a Arrivals) *Scenario {
	return paper(t, func(s *Scenario) {
		s.IEDs, s.Time.Slots = 64, 5000
		s.Tasks.Arrivals = a
		for k := range s.Tasks.Models {
			s.Tasks.Models[k].DeadlineS = Range{1000, 1000}
		}
	})
}

// waitingStats plays local actions. It returns the mean wait of a task in slots, the share of lost
// tasks, and the mean number of tasks per IED and slot.
func waitingStats(t *testing.T, s *Scenario) (wait, lost, rate float64) {
	t.Helper()
	w, _, actions := start(t, s, 1, 7)
	decided, gone, slots := 0.0, 0.0, float64(s.Time.Slots-1)
	for range s.Time.Slots - 1 {
		for n := range actions {
			if w.model[n] >= 0 {
				wait += float64(w.waited(n)) / s.Time.SlotS
			}
		}
		if err := w.Step(actions); err != nil {
			t.Fatal(err)
		}
		for n := range actions {
			gone += float64(w.Task.Lost[n])
			if w.HadTask[n] {
				decided++
			}
		}
	}
	return wait / decided, gone / (gone + decided), (gone + decided) / slots / float64(w.A)
}

// TestPoissonQueueIsTheDiscreteMD1: one task leaves per slot, so the mean wait is
// rho / (2 (1 - rho)) slots, as in M/D/1 (Pollaczek and Khinchine).
func TestPoissonQueueIsTheDiscreteMD1(t *testing.T) {
	for _, rho := range []float64{0.3, 0.6, 0.8} {
		wait, lost, rate := waitingStats(t, queued(t, Arrivals{Process: ArrivalsPoisson, RatePerSlot: rho, Queue: maxQueue}))
		within(t, "tasks per slot", rate, rho, 0.01)
		within(t, "mean wait in slots", wait, rho/(2*(1-rho)), 0.06*rho/(1-rho))
		within(t, "lost", lost, 0, 1e-4)
	}
}

// TestFiniteQueueLosesWhatItsMarkovChainSays compares the loss with the stationary distribution of
// the chain of waiting tasks, which is found by iteration.
func TestFiniteQueueLosesWhatItsMarkovChainSays(t *testing.T) {
	for _, c := range []struct {
		rate float64
		q    int
	}{{0.5, 1}, {0.9, 3}, {1.5, 2}} {
		_, lost, _ := waitingStats(t, queued(t, Arrivals{Process: ArrivalsPoisson, RatePerSlot: c.rate, Queue: c.q}))
		within(t, "lost", lost, chainLoss(c.rate, c.q), 0.006)
	}
}

// chainLoss: x tasks wait. One of them (or the first arrival) becomes the current task. Then n tasks
// arrive, and those beyond q places are lost.
func chainLoss(rate float64, q int) float64 {
	law, loss := make([]float64, q+1), 0.0
	law[0] = 1
	for range 2000 {
		next := make([]float64, q+1)
		loss = 0
		for x, px := range law {
			pn := math.Exp(-rate)
			for n := range 40 {
				left := max(x+n-1, 0)
				next[min(left, q)] += px * pn
				loss += px * pn * float64(max(left-q, 0))
				pn *= rate / float64(n+1)
			}
		}
		law = next
	}
	return loss / rate
}

// TestMarkovRate: the mean rate is that of the stationary distribution. The correlation of the counts
// of consecutive slots follows from the chain's eigenvalue 1 - p_on - p_off.
func TestMarkovRate(t *testing.T) {
	a := Arrivals{Process: ArrivalsMarkov, RatePerSlot: 2, OffRatePerSlot: 0.2, SwitchOn: 0.1, SwitchOff: 0.3, Queue: maxQueue}
	_, _, rate := waitingStats(t, queued(t, a))
	within(t, "tasks per slot", rate, 0.25*2+0.75*0.2, 0.02)
	w, _, actions := start(t, queued(t, a), 1, 3)
	same, on, total := 0.0, 0.0, 0.0
	for range 2000 {
		before := bytesOf(w.phase)
		if err := w.Step(actions); err != nil {
			t.Fatal(err)
		}
		for n, now := range w.phase {
			total++
			on += float64(now)
			same += float64(now) * float64(before[n])
		}
	}
	p := on / total
	within(t, "stationary on", p, 0.25, 0.01)
	within(t, "autocovariance of the phase", same/total-p*p, p*(1-p)*0.6, 0.01)
}

func bytesOf(phase []int32) []byte {
	var b []byte
	for _, v := range phase {
		b = append(b, byte(v))
	}
	return b
}

// TestLostTasksCountAsFailed checks the sums of a Meter over tasks that expire while waiting.
func TestLostTasksCountAsFailed(t *testing.T) {
	s := paper(t, func(s *Scenario) {
		s.Tasks.Arrivals = Arrivals{Process: ArrivalsPoisson, RatePerSlot: 2, Queue: 8}
	})
	r := simulate(t, SimulateOptions{Scenario: s, Policy: policy(t, "greedy", s), Episodes: 4, Seed: 2})
	if r.Lost == 0 || r.Lost >= r.Tasks {
		t.Fatalf("%d of %d tasks lost", r.Lost, r.Tasks)
	}
	p := r.LatencySplit
	within(t, "sum of the parts", p.RadioWait+p.Upload+p.QueueWait+p.Switch+p.Compute+p.Download, r.MeanLatencyS, 1e-5)
	if most := 1 - float64(r.Lost)/float64(r.Tasks); r.CompletionRate > most {
		t.Errorf("%v completed, %v were not lost", r.CompletionRate, most)
	}
	within(t, "tasks per slot", float64(r.Tasks)/float64(4*100*30), 2, 0.1)
}

func TestQueuesSurviveACheckpoint(t *testing.T) {
	s := paper(t, func(s *Scenario) {
		s.Time.Slots = 20
		s.Tasks.Arrivals = Arrivals{Process: ArrivalsMarkov, RatePerSlot: 2, SwitchOn: 0.3, SwitchOff: 0.3, Queue: 3}
	})
	a, p, actions := start(t, s, 3, 5)
	b, _, _ := start(t, s, 3, 99)
	play(t, a, p, actions, 33)
	restore(t, b, marshal(t, a))
	play(t, a, p, actions, 25)
	play(t, b, p, actions, 25)
	if !bytes.Equal(marshal(t, a), marshal(t, b)) {
		t.Error("the restored worlds went another way")
	}
}

const dayCSV = `slot,ied,model,data_mbit,gcycles,deadline_s
2,1,large,5,4.5,3
0,0,small,2.5,1.1,1.5
2,1,small,3,2,2
`

// traced is a scenario with an arrival trace of the given text.
func traced(t testing.TB, text string) (*Scenario, string) {
	path := filepath.Join(t.TempDir(), "day.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return paper(t, func(s *Scenario) {
		s.IEDs, s.Time.Slots = 2, 6
		s.Tasks.Arrivals = Arrivals{Process: ArrivalsTrace, TraceFile: path, Queue: 2}
	}), path
}

func TestTraceIsPlayed(t *testing.T) {
	s, _ := traced(t, dayCSV)
	w, _, actions := start(t, s, 2, 1)
	type seen struct {
		n, slot  int
		model    int32
		data     float32
		age, tau float32
	}
	var got []seen
	for slot := range 11 { // into the second episode
		for n := range actions {
			if w.model[n] >= 0 {
				got = append(got, seen{n, slot % 6, w.model[n], w.data[n], w.waited(n), w.deadline[n]})
			}
		}
		if err := w.Step(actions); err != nil {
			t.Fatal(err)
		}
	}
	var want []seen
	for range 2 {
		for _, x := range []seen{{0, 0, 0, 2.5e6, 0, 1.5}, {1, 2, 2, 5e6, 0, 3}, {1, 3, 0, 3e6, 1, 2}} {
			second := x
			second.n += 2
			want = append(want, x, second)
		}
	}
	if len(got) != len(want) {
		t.Fatalf("tasks %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("task %d is %v, want %v", i, got[i], want[i])
		}
	}
}

func TestTraceFaultsAreNamed(t *testing.T) {
	head := strings.Join(arrivalColumns, ",") + "\n"
	for text, want := range map[string]string{
		"":                                    "day.csv:1: the header",
		"slot,ied\n":                          "day.csv:1: the header",
		head + "0,0,small,3,2,1\n0,0,small\n": "day.csv:3: 3 values for the 6 columns of the header",
		head + "6,0,small,3,2,1\n":            "day.csv:2: slot: \"6\" is not allowed; allowed: a whole number from 0 to 5",
		head + "0,2,small,3,2,1\n":            "day.csv:2: ied: \"2\"",
		head + "0,0.5,small,3,2,1\n":          "day.csv:2: ied: \"0.5\"",
		head + "0,0,tiny,3,2,1\n":             "day.csv:2: model: \"tiny\"",
		head + "\n0,0,small,9,2,1\n":          "day.csv:3: data_mbit: \"9\" is not allowed; allowed: 2 to 5",
		head + "0,0,small,3,NaN,1\n":          "day.csv:2: gcycles: \"NaN\"",
		head + "0,0,small,3,2,x\n":            "day.csv:2: deadline_s: \"x\"",
		head + "0,0,sm\"all,3,2,1\n":          "day.csv:2: ",
	} {
		s, _ := traced(t, text)
		if _, err := New(s, 1, 1); err == nil || !strings.HasPrefix(err.Error(), "sim: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, want %q", text, err, want)
		}
	}
	s, path := traced(t, dayCSV)
	w, _, _ := start(t, s, 1, 1)
	state := marshal(t, w)
	if err := os.WriteFile(path, []byte(head), 0o600); err != nil {
		t.Fatal(err)
	}
	other, _, _ := start(t, s, 1, 1)
	if err := other.UnmarshalBinary(state); err == nil || !strings.Contains(err.Error(), "belongs to scenario") {
		t.Errorf("a state of another trace is taken: %v", err)
	}
}

func TestArrivalFaultsAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"{process: bursts, queue: 1}":                                       `my.yaml:2: tasks.arrivals.process: "bursts" is not allowed`,
		"{process: poisson, rate_per_slot: 9, queue: 1}":                    "tasks.arrivals.rate_per_slot: 9",
		"{process: poisson, rate_per_slot: 1}":                              "tasks.arrivals.queue: 0 is not allowed; allowed: a whole number from 1 to 64",
		"{process: poisson, rate_per_slot: 1, switch_on: 0.1, queue: 1}":    "tasks.arrivals.switch_on: 0.1 is not allowed; allowed: left out",
		"{process: markov, rate_per_slot: 1, switch_on: 0.1, queue: 1}":     "tasks.arrivals.switch_off: 0 is not",
		"{process: trace, queue: 1}":                                        "tasks.arrivals.trace_file",
		"{queue: 1}":                                                        "tasks.arrivals.queue: 1",
		"{process: poisson, rate_per_slot: 1, queue: 1, trace_file: a.csv}": `tasks.arrivals.trace_file: "a.csv" is not allowed`,
	} {
		if _, err := Parse([]byte("tasks:\n  arrivals: "+text+"\n"), "my.yaml"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gives %v, want %q", text, err, want)
		}
	}
}
