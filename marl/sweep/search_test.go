package sweep

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/nn/train"
)

// fakeSampler makes this program a sampler without Python: it knows the protocol and walks through the combinations of lists.
const fakeSampler = "GMEL_FAKE_SAMPLER"

func TestMain(m *testing.M) {
	if mode := os.Getenv(fakeSampler); mode != "" {
		sample(mode)
		return
	}
	os.Exit(m.Run())
}

// sample answers as search.py does. What a trial was told is in a file beside the journal.
func sample(mode string) {
	say := func(a any) { _ = json.NewEncoder(os.Stdout).Encode(a) }
	lines := bufio.NewScanner(os.Stdin)
	lines.Scan()
	if mode == "missing" {
		say(answer{Missing: "No module named 'optuna'"})
		return
	}
	var begin about
	if err := json.Unmarshal(lines.Bytes(), &begin); err != nil {
		say(answer{Error: err.Error()})
		return
	}
	say(answer{State: "ready"})
	for lines.Scan() {
		if mode == "dies" {
			fmt.Fprintln(os.Stderr, "Traceback\nthe last words")
			os.Exit(1)
		}
		var q struct {
			Trial int
			Tell  bool
			Value *float64
		}
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			say(answer{Error: err.Error()})
			return
		}
		told := fmt.Sprintf("%s.%d", begin.Journal, q.Trial)
		if q.Tell {
			state := failed
			if q.Value != nil {
				state = complete
			}
			if err := os.WriteFile(told, []byte(state), 0o666); err != nil {
				say(answer{Error: err.Error()})
				return
			}
		}
		got := answer{State: "RUNNING", Settings: map[string]any{}}
		if state, err := os.ReadFile(told); err == nil {
			got.State = string(state)
		}
		n := q.Trial
		for _, p := range begin.Space {
			got.Settings[p.Path] = p.Choices[n%len(p.Choices)]
			n /= len(p.Choices)
		}
		say(got)
	}
	if err := lines.Err(); err != nil {
		say(answer{Error: err.Error()})
	}
}

const tinyRun = `
table_episodes: 2
scenario: {ieds: 3, time: {slots: 5}}
train: {backend: ref, updates: 4, worlds: 2, warmup_slots: 4, slots_per_iteration: 2, eval_episodes: 2}
amarl: {batch: 4, replay: 40, hidden: 8, actor_hidden: 8}
`

// fourTrials has one combination that is not allowed: three heads do not divide 8.
const fourTrials = "search: {trials: 4, space: {amarl.heads: [1, 3], amarl.hidden: [8, 9]}}\n"

func searchOf(t *testing.T, search string) *Search {
	t.Helper()
	path := written(t, "config: tiny.yaml\nseeds: 2\nout: runs\n"+search)
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "tiny.yaml"), []byte(tinyRun), 0o666); err != nil {
		t.Fatal(err)
	}
	p, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return p.Search
}

func fake(t *testing.T, mode string) Options {
	t.Helper()
	t.Setenv(fakeSampler, mode)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Options{Jobs: 2, Python: self}
}

// TestSearch: every trial is trained with every seed and told once; settings that cannot be trained are a failure of the trial alone;
// given again, nothing is trained.
func TestSearch(t *testing.T) {
	s, o := searchOf(t, fourTrials), fake(t, "answers")
	if got, err := s.Train(t.Context(), o); err != nil || got.Finished != 4 || got.Err() != nil || got.Interrupted {
		t.Fatalf("%+v, %v", got, err)
	}
	all, err := s.Status()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		settings, text string
	}{
		{"amarl.heads=1 amarl.hidden=8", "finished"}, {"amarl.heads=3 amarl.hidden=8", "failed"},
		{"amarl.heads=1 amarl.hidden=9", "finished"}, {"amarl.heads=3 amarl.hidden=9", "finished"},
	} {
		if all[i].Trial != i || all[i].Settings != want.settings || all[i].text() != want.text {
			t.Errorf("trial %d is %+v, want %+v", i, all[i], want)
		}
	}
	if !strings.Contains(all[1].Fault, "a multiple of heads = 3") {
		t.Errorf("the reason is %q", all[1].Fault)
	}
	again := o
	again.Progress = func(train.Status) { t.Error("a run was trained again") }
	if got, err := s.Train(t.Context(), again); err != nil || got.Finished != 4 {
		t.Errorf("again: %+v, %v", got, err)
	}
	best, err := s.Best()
	if err != nil || len(best) != 3 || best[0].value < best[1].value || best[1].value < best[2].value {
		t.Fatalf("%+v, %v", best, err)
	}
	if text := s.BestMarkdown(best); !strings.Contains(text, best[0].Settings) {
		t.Errorf("no %s in\n%s", best[0].Settings, text)
	}
}

// TestTrialHeld: a trial whose lock another holds is left to it, and named.
func TestTrialHeld(t *testing.T) {
	s, o := searchOf(t, fourTrials), fake(t, "answers")
	release, err := s.folder(2).Hold(train.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Train(t.Context(), o); err != nil || got.Finished != 3 || len(got.Failures) != 0 || len(got.Held) != 1 || !errors.As(got.Err(), new(*train.LockedError)) {
		t.Errorf("%+v, %v", got, err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Train(t.Context(), o, 2); err != nil || got.Finished != 1 {
		t.Errorf("released: %+v, %v", got, err)
	}
}

// TestSameSettings: trials with the same settings have the same runs, also side by side.
func TestSameSettings(t *testing.T) {
	s, o := searchOf(t, "search: {trials: 6, space: {amarl.heads: [1, 2]}}\n"), fake(t, "answers")
	o.Jobs = 4
	if got, err := s.Train(t.Context(), o); err != nil || got.Finished != 6 || got.Err() != nil {
		t.Fatalf("%+v, %v", got, err)
	}
	folders, err := filepath.Glob(filepath.Join(s.out, "amarl-*"))
	if err != nil || len(folders) != 4 {
		t.Errorf("%v, %v: want two settings with two seeds", folders, err)
	}
}

func TestSearchInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, o := searchOf(t, fourTrials), fake(t, "answers")
	o.Jobs, o.Progress = 1, func(train.Status) { cancel() }
	if got, err := s.Train(ctx, o); err != nil || !got.Interrupted || got.Finished > 1 {
		t.Errorf("%+v, %v", got, err)
	}
	o.Progress = nil
	if got, err := s.Train(t.Context(), o); err != nil || got.Finished != 4 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestSampler: what is wrong with the sampler's process is said, and whose fault it is.
func TestSampler(t *testing.T) {
	s := searchOf(t, fourTrials)
	for mode, want := range map[string]string{"missing": "-m pip install optuna", "dies": "the last words"} {
		_, err := s.Train(t.Context(), fake(t, mode))
		if err == nil || !strings.Contains(err.Error(), want) || train.IsUsage(err) != (mode == "missing") {
			t.Errorf("%s: error %v, want %q", mode, err, want)
		}
	}
	if _, err := s.Train(t.Context(), Options{Jobs: 1, Python: "no-such-python"}); !train.IsUsage(err) || !strings.Contains(err.Error(), "no-such-python cannot be started") {
		t.Errorf("no Python: %v", err)
	}
}

// TestSearchGrows: more trials go on in the same folder, and any other change begins another search.
func TestSearchGrows(t *testing.T) {
	folder := func(search string) string { return filepath.Base(searchOf(t, search).Folder) }
	all := []string{folder(fourTrials)}
	if more := folder(strings.Replace(fourTrials, "trials: 4", "trials: 9", 1)); more != all[0] {
		t.Errorf("with more trials it is %s, and was %s", more, all[0])
	}
	for _, change := range []string{"sampler: random", "goal: mean_latency_s", "seed: 2"} {
		all = append(all, folder(strings.Replace(fourTrials, "{", "{"+change+", ", 1)))
	}
	all = append(all, folder("search: {trials: 4, space: {amarl.heads: [1, 2]}}\n"))
	slices.Sort(all)
	if n := len(slices.Compact(all)); n != 5 {
		t.Errorf("%d different folders: %v", n, all)
	}
}

// TestSearchFaults: every fault of a search is told with its place before anything starts.
func TestSearchFaults(t *testing.T) {
	for search, want := range map[string]string{
		"{trials: 3}":                                                                         "plan.yaml:2: search.space: there is no setting to choose",
		"{space: {amarl.heads: [1, 2]}}":                                                      "search.trials: 0 is not allowed; allowed: a whole number from 1 to 10000",
		"{trials: 3, goal: joy, space: {a: 1}}":                                               `search.goal: "joy" is not allowed; allowed: completion_rate, mean_latency_s, reward, quality, return, collisions, covered`,
		"{trials: 3, sampler: x, space: {a: 1}}":                                              "allowed: tpe, random",
		"{trials: 3, spaces: {}}":                                                             "search.spaces: unknown key; did you mean space?",
		"{trials: 3, space: {amarl.heads: 2}}":                                                `plan.yaml:2: search.space.amarl.heads: "2" is no space; allowed: a list of values, or a range`,
		"{trials: 3, space: {amarl.heads: [2]}}":                                              "there are no two values to choose from",
		"\n  trials: 3\n  space:\n    amarl.heads: [1, 3]\n":                                  "plan.yaml:5: search.space.amarl.heads: ",
		"{trials: 3, space: {amarl.heds: [1, 3]}}":                                            "did you mean heads",
		"{trials: 3, space: {seed: [1, 3]}}":                                                  "a search does not choose the seed",
		"{trials: 3, space: {train.threads: [1, 2]}}":                                         "1 and 2 give the same runs",
		"{trials: 3, space: {train.gamma: {low: 0.5}}}":                                       "search.space.train.gamma.high: it is missing",
		"{trials: 3, space: {train.gamma: {low: 0.5, high: 0.4}}}":                            "train.gamma.high: 0.4 is not allowed; allowed: more than low, which is 0.5",
		"{trials: 3, space: {train.gamma: {low: 0, high: 1, log: yes}}}":                      "train.gamma.low: 0 is not allowed; allowed: a positive number, since log is true",
		"{trials: 3, space: {train.gamma: {low: 0.5, hi: 1}}}":                                "hi: unknown key",
		"{trials: 3, space: {train.gamma: {low: 0.5, high: 2}}}":                              "search.space.train.gamma: 2 is not allowed",
		"{trials: 3, space: {train.backend: {low: 1, high: 2}}}":                              "a range is for numbers",
		"{trials: 3, space: {amarl.heads: {low: 1, high: 2.5}}}":                              "search.space.amarl.heads: ",
		"{trials: 3, space: {train.gamma: [0.5, 1]}}\nset: {train.gamma: 0.7}":                "the setting is in set, too",
		"{trials: 3, space: {train.gamma: [0.5, 1]}}\ngrid: {amarl.heads: [1, 2]}":            "plan.yaml:3: grid: a plan with search has one algorithm, one scenario and no grid",
		"{trials: 3, space: {train.gamma: [0.5, 1]}}\nalgorithms: [amarl, amarl-ppo]":         "plan.yaml:3: algorithms: ",
		"{trials: 3, space: {train.gamma: [0.5, 1]}}\nscenarios: [paper, hall.yaml]":          "plan.yaml:3: scenarios: ",
		"{trials: 3, space: {train.gamma: [0.5, 1]}}\nset: {train.gama: 0.7}":                 "did you mean gamma",
		"{trials: 3, space: {train.gamma: [0.5, 1]}}\nset: {scenario.ieds: 7}\nseeds: [1, 1]": "seeds: 1 is there twice",
	} {
		_, err := Read(written(t, "out: r\nsearch: "+search+"\n"))
		if !train.IsUsage(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want a usage error with %q", search, err, want)
		}
	}
}
