package sim

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

// windowed is a scenario of 3 IEDs whose episodes of 10 slots play windows of a trace of 200 slots. Any
// number of tasks arrive in a slot.
func windowed(t testing.TB, v Window) *Scenario {
	d, text := rand.New(rand.NewPCG(1, 2)), strings.Builder{}
	text.WriteString("model,slot,ied,deadline_s,data_mbit,gcycles\n")
	for range 700 {
		fmt.Fprintf(&text, "small,%d,%d,%g,%g,%g\n", d.IntN(200), d.IntN(3), 1+d.Float64(), 2+3*d.Float64(), 1+2*d.Float64())
	}
	text.WriteString("large,199,2,3.5,8,4\n")
	path := filepath.Join(t.TempDir(), "long.csv")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return paper(t, func(s *Scenario) {
		s.IEDs, s.Time.Slots, s.Time.SlotS = 3, 10, 0.5
		s.Tasks.Arrivals = Arrivals{Process: ArrivalsTrace, TraceFile: path, Queue: 2, Window: v}
	})
}

// waiter is a task in a naive queue.
type waiter struct {
	model               string
	data, deadline, age float64
}

// naiveQueues plays the rows of a file from a slot on in float64, written from the text of Arrivals. It
// returns the current task of every IED (nil: none) and the number of lost tasks, slot by slot.
func naiveQueues(t *testing.T, s *Scenario, from int) (current [][]*waiter, lost [][]int) {
	text, err := os.ReadFile(s.Tasks.Arrivals.TraceFile)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	queues := make([][]*waiter, s.IEDs)
	for slot := from; slot < from+s.Time.Slots; slot++ {
		now, gone := make([]*waiter, s.IEDs), make([]int, s.IEDs)
		for i, queue := range queues {
			queues[i] = nil
			for _, x := range queue {
				x.age += s.Time.SlotS
				switch {
				case x.age >= x.deadline:
					gone[i]++
				case now[i] == nil:
					now[i] = x
				default:
					queues[i] = append(queues[i], x)
				}
			}
		}
		for _, row := range rows[1:] {
			var v [6]float64
			for j := 1; j < 6; j++ {
				v[j], _ = strconv.ParseFloat(row[j], 64)
			}
			i, x := int(v[2]), &waiter{model: row[0], data: v[4] * 1e6, deadline: v[3]}
			switch {
			case int(v[1]) != slot:
			case now[i] == nil:
				now[i] = x
			case len(queues[i]) == s.Tasks.Arrivals.Queue:
				gone[i]++
			default:
				queues[i] = append(queues[i], x)
			}
		}
		current, lost = append(current, now), append(lost, gone)
	}
	return current, lost
}

// TestWindowsAreRowsOfTheFile compares windows of both parts with a second reading of the file.
func TestWindowsAreRowsOfTheFile(t *testing.T) {
	s := windowed(t, Window{Start: WindowRandom, HeldOut: 0.3})
	starts := map[int]bool{}
	for _, s := range []*Scenario{s, s.HeldOut()} {
		w, _, actions := start(t, s, 4, 11)
		for episode := range 5 {
			for world := range w.W {
				starts[w.WindowStart(world)] = true
			}
			playWindow(t, w, actions, episode)
		}
	}
	if len(starts) < 30 {
		t.Errorf("only %d different windows", len(starts))
	}
}

// playWindow plays an episode of all worlds and compares it with naiveQueues.
func playWindow(t *testing.T, w *Worlds, actions []int32, episode int) {
	t.Helper()
	var current [][][]*waiter
	var lost [][][]int
	for world := range w.W {
		c, l := naiveQueues(t, w.scenario, w.WindowStart(world))
		current, lost = append(current, c), append(lost, l)
	}
	for slot := range w.scenario.Time.Slots {
		for n := range actions {
			if got, want := currentTask(w, n), current[n/w.A][slot][n%w.A]; !sameTask(got, want) {
				t.Fatalf("world %d, episode %d, slot %d, IED %d: task %+v, want %+v", n/w.A, episode, slot, n%w.A, got, want)
			}
		}
		if err := w.Step(actions); err != nil {
			t.Fatal(err)
		}
		for n, got := range w.Task.Lost {
			if want := lost[n/w.A][slot][n%w.A]; int(got) != want {
				t.Fatalf("world %d, episode %d, slot %d, IED %d: %d tasks lost, want %d", n/w.A, episode, slot, n%w.A, got, want)
			}
		}
	}
}

func currentTask(w *Worlds, n int) *waiter {
	if w.model[n] < 0 {
		return nil
	}
	return &waiter{w.scenario.Tasks.Models[w.model[n]].Name, float64(w.data[n]), float64(w.deadline[n]), float64(w.waited(n))}
}

func sameTask(a, b *waiter) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.model == b.model && near(float32(a.data), b.data) && near(float32(a.deadline), b.deadline) && near(float32(a.age), b.age)
}

func TestSentenceOfAPart(t *testing.T) {
	for starts, want := range map[int]string{
		1: "windows of 12 slots with 1 possible start, in the evaluation part of the trace of arrivals, slots 50 to 61 of 62",
		2: "windows of 12 slots with 2 possible starts, in the evaluation part of the trace of arrivals, slots 50 to 61 of 62",
	} {
		part := TracePart{Name: PartEvaluation, First: 50, Last: 61, Slots: 62, Window: 12, Starts: starts}
		if got := part.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestPartsOfATrace counts the starts of random windows one by one.
func TestPartsOfATrace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slots := rapid.IntRange(1, 500).Draw(t, "slots of the trace")
		s := &Scenario{Time: Clock{Slots: rapid.IntRange(1, 60).Draw(t, "T")}}
		v := &s.Tasks.Arrivals.Window
		*v = Window{Start: WindowRandom, HeldOut: rapid.SampledFrom([]float64{0, 0.1, 0.25, 0.999}).Draw(t, "held out"), Every: rapid.IntRange(0, 9).Draw(t, "every")}
		training, evaluation := s.parts(slots)
		for _, part := range []TracePart{training, evaluation} {
			var starts []int
			for from := part.First; from+s.Time.Slots-1 <= part.Last; from++ {
				if v.Every == 0 || from%v.Every == 0 {
					starts = append(starts, from)
				}
			}
			if part.Starts != len(starts) {
				t.Fatalf("%+v has %d starts, want %d", part, part.Starts, len(starts))
			}
			for k, from := range starts {
				if got := part.firstStart + k*part.every; got != from {
					t.Fatalf("start %d of %+v is %d, want %d", k, part, got, from)
				}
			}
		}
		if v.HeldOut == 0 {
			if training != evaluation || training.First != 0 || training.Last != slots-1 {
				t.Fatalf("%+v and %+v are not the whole trace", training, evaluation)
			}
			return
		}
		if training.First != 0 || evaluation.First != training.Last+1 || evaluation.Last != slots-1 {
			t.Fatalf("%+v and %+v do not split %d slots", training, evaluation, slots)
		}
		if held := float64(evaluation.Last - evaluation.First + 1); math.Abs(held-v.HeldOut*float64(slots)) > 0.5 {
			t.Fatalf("%v of %d slots are held out, want %v", held, slots, v.HeldOut)
		}
	})
}

// TestTrainingNeverSeesEvaluation plays many episodes of both parts.
func TestTrainingNeverSeesEvaluation(t *testing.T) {
	s := windowed(t, Window{Start: WindowRandom, HeldOut: 0.3, Every: 7})
	for _, x := range []struct {
		s           *Scenario
		name        string
		first, last int
	}{{s, PartTraining, 0, 139}, {s.HeldOut(), PartEvaluation, 140, 199}} {
		w, _, actions := start(t, x.s, 20, 3)
		if got := w.TracePart(); got.Name != x.name || got.First != x.first || got.Last != x.last || got.Slots != 200 {
			t.Fatalf("%+v, want %+v", got, x)
		}
		seen := map[int]bool{}
		for range 20 {
			for world := range w.W {
				from := w.WindowStart(world)
				seen[from] = true
				if from < x.first || from+9 > x.last || from%7 != 0 {
					t.Fatalf("a window for %s is slots %d to %d", x.name, from, from+9)
				}
			}
			for range 10 {
				if err := w.Step(actions); err != nil {
					t.Fatal(err)
				}
			}
		}
		if len(seen) != w.TracePart().Starts {
			t.Errorf("%s: %d different starts, want %d", x.name, len(seen), w.TracePart().Starts)
		}
	}
}

// TestStartsAreUniform is a chi-square test over worlds and episodes, at the level 1e-6. A window starts
// at the same slot however many worlds there are.
func TestStartsAreUniform(t *testing.T) {
	w, _, _ := start(t, windowed(t, Window{Start: WindowRandom, HeldOut: 0.5}), 1, 5)
	bins, draws := make([]float64, w.TracePart().Starts), 200000
	for n := range draws {
		at := moment{key: w.moment(0).key, world: uint32(n % 100), episode: uint32(n / 100)}
		from := w.p.windowStart(&at)
		bins[from]++
		if later := (moment{key: at.key, world: at.world, episode: at.episode, slot: 7}); w.p.windowStart(&later) != from {
			t.Fatal("the window moves within its episode")
		}
	}
	want, sum := float64(draws)/float64(len(bins)), 0.0
	for _, n := range bins {
		sum += (n - want) * (n - want) / want
	}
	if p := (distuv.ChiSquared{K: float64(len(bins) - 1)}).Survival(sum); p < 1e-6 || p > 1-1e-6 {
		t.Errorf("chi-square %v of %d starts has the probability %v", sum, len(bins), p)
	}
	many, _, _ := start(t, w.Scenario(), 50, 5)
	if many.WindowStart(0) != w.WindowStart(0) {
		t.Error("the window of a world depends on the number of worlds")
	}
}

// TestWindowsSurviveACheckpoint also checks that no state moves to the other part.
func TestWindowsSurviveACheckpoint(t *testing.T) {
	s := windowed(t, Window{Start: WindowRandom, HeldOut: 0.5})
	a, p, actions := start(t, s, 3, 5)
	b, _, _ := start(t, s, 3, 99)
	play(t, a, p, actions, 33)
	restore(t, b, marshal(t, a))
	if a.WindowStart(1) != b.WindowStart(1) {
		t.Errorf("the window starts at slot %d, after restoring at %d", a.WindowStart(1), b.WindowStart(1))
	}
	play(t, a, p, actions, 25)
	play(t, b, p, actions, 25)
	if !bytes.Equal(marshal(t, a), marshal(t, b)) {
		t.Error("the restored worlds went another way")
	}
	held, _, _ := start(t, s.HeldOut(), 3, 5)
	for _, x := range [][2]*Worlds{{a, held}, {held, a}} {
		if err := x[1].UnmarshalBinary(marshal(t, x[0])); err == nil || !strings.Contains(err.Error(), "different parts of the arrival trace") {
			t.Errorf("a state of the other part is taken: %v", err)
		}
	}
}

// TestNothingHeldOutIsTheWholeTrace: evaluation then plays what training plays.
func TestNothingHeldOutIsTheWholeTrace(t *testing.T) {
	s := windowed(t, Window{Start: WindowRandom})
	a, p, actions := start(t, s, 3, 5)
	b, _, _ := start(t, s.HeldOut(), 3, 5)
	if part := a.TracePart(); part.Name != PartWhole || part.First != 0 || part.Last != 199 || part.Starts != 191 {
		t.Errorf("%+v is not the whole trace", part)
	}
	play(t, a, p, actions, 33)
	play(t, b, p, actions, 33)
	if !bytes.Equal(marshal(t, a), marshal(t, b)) {
		t.Error("two whole traces differ")
	}
	short, _ := traced(t, dayCSV)
	w, _, _ := start(t, short.HeldOut(), 1, 1)
	if w.TracePart() != nil || w.WindowStart(0) != 0 {
		t.Errorf("without windows the part is %v from slot %d on", w.TracePart(), w.WindowStart(0))
	}
}

func TestWindowsThatDoNotFitAreNamed(t *testing.T) {
	for _, x := range []struct {
		v    Window
		want string
	}{
		{Window{Start: WindowRandom, HeldOut: 0.04}, "long.csv has 200 slots, 8 of them for evaluation, and no window of 10 slots (time.slots) fits there; allowed: a longer trace"},
		{Window{Start: WindowRandom, HeldOut: 0.96}, "200 slots, 8 of them for training, and no window of 10 slots (time.slots) fits there; allowed"},
		{Window{Start: WindowRandom, HeldOut: 0.1, Every: 150}, "20 of them for evaluation, and no window of 10 slots (time.slots) fits there with a start that is a multiple of 150; allowed"},
	} {
		for _, s := range []*Scenario{windowed(t, x.v), windowed(t, x.v).HeldOut()} {
			_, err := New(s, 1, 1)
			if f := new(FieldError); !errors.As(err, &f) || f.Path != "tasks.arrivals.window" || !strings.Contains(err.Error(), x.want) {
				t.Errorf("%+v gives %v, want %s", x.v, err, x.want)
			}
		}
	}
	s, path := traced(t, strings.Join(arrivalColumns, ",")+"\n")
	s.Tasks.Arrivals.Window.Start = WindowRandom
	if _, err := New(s, 1, 1); err == nil || !strings.Contains(err.Error(), path+" has 0 slots, and no window of 6 slots (time.slots) fits there; allowed") {
		t.Errorf("a trace without rows gives %v", err)
	}
	s, _ = traced(t, strings.Join(arrivalColumns, ",")+"\n1e9,0,small,3,2,1\n")
	s.Tasks.Arrivals.Window.Start = WindowRandom
	if _, err := New(s, 1, 1); err == nil || !strings.Contains(err.Error(), `day.csv:2: slot: "1e9" is not allowed; allowed: a whole number from 0 to 67108863`) {
		t.Errorf("a slot in the far future gives %v", err)
	}
}

func TestWindowFaultsAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"{process: trace, queue: 1, trace_file: a.csv, window: {start: first}}":                  `my.yaml:2: tasks.arrivals.window.start: "first" is not allowed; allowed: random; left out`,
		"{process: trace, queue: 1, trace_file: a.csv, window: {held_out: 0.2}}":                 "tasks.arrivals.window.held_out: 0.2 is not allowed; allowed: left out without tasks.arrivals.window.start",
		"{process: trace, queue: 1, trace_file: a.csv, window: {every: 5}}":                      "tasks.arrivals.window.every: 5 is not allowed; allowed: left out",
		"{process: trace, queue: 1, trace_file: a.csv, window: {start: random, held_out: 1}}":    "tasks.arrivals.window.held_out: 1 is not allowed; allowed: a fraction from 0 to less than 1",
		"{process: trace, queue: 1, trace_file: a.csv, window: {start: random, every: -1}}":      "tasks.arrivals.window.every: -1 is not allowed; allowed: a whole number from 1",
		"{process: poisson, rate_per_slot: 1, queue: 1, window: {start: random, held_out: 0.1}}": `tasks.arrivals.window.start: "random" is not allowed; allowed: left out without process trace`,
	} {
		if _, err := Parse([]byte("tasks:\n  arrivals: "+text+"\n"), "my.yaml"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gives %v, want %q", text, err, want)
		}
	}
}

// TestTraceBytes: the plan is above what the tables of the trace take, and grows with rows and slots.
func TestTraceBytes(t *testing.T) {
	s := windowed(t, Window{Start: WindowRandom})
	w, err := NewOn(engineGo, s, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, table := range w.p.traceTables() {
		kept += 4 * len(slices.Concat(asBytes(table.Values)...))
	}
	if got := TraceBytes(s); got != 701*traceRowBytes+200*traceSlotBytes || got < int64(kept) {
		t.Errorf("%d bytes are planned, the tables take %d", got, kept)
	}
	if got := TraceBytes(paper(t, nil)); got != 0 {
		t.Errorf("%d bytes without a trace", got)
	}
}

// asBytes has one byte for each number of a table.
func asBytes(values any) [][]byte {
	switch v := values.(type) {
	case []int32:
		return [][]byte{make([]byte, len(v))}
	case []float32:
		return [][]byte{make([]byte, len(v))}
	}
	return nil
}
