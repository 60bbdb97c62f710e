package sim

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const fastTable = `device: "cpu, 1 thread: a test"
load_s: 0.25
result_bits: 8192
steps: [1, 2, 5]
batches: [1, 2, 6]
seconds:
  - [0.1, 0.2, 0.5]
  - [0.15, 0.3, 0.8]
  - [0.35, 0.7, 2]
quality: {floor: 1.5, frechet: [6, 5, 3]}
`

const servedModel = `name: served
tasks:
  models:
    - {name: fast, share: 1, data_mbit: [1, 2], deadline_s: [1, 2], service: fast.yaml%s}
`

// parseServed reads a scenario whose only model names a table beside it.
func parseServed(t *testing.T, table, model, rest string) (*Scenario, string, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "fast.yaml"), []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "s.yaml")
	if err := os.WriteFile(path, []byte(strings.Replace(servedModel, "%s", model, 1)+rest), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Load(path)
	return s, dir, err
}

// A scenario has the table itself: it plays, is written and hashed without the file, and its hash depends on every number.
func TestServiceBecomesPartOfTheScenario(t *testing.T) {
	s, dir, err := parseServed(t, fastTable, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	again, err := Parse(s.YAML(), "again.yaml")
	if err != nil {
		t.Fatal(err)
	}
	hash := func(s *Scenario) uint64 {
		h, err := s.Hash()
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	if hash(again) != hash(s) {
		t.Errorf("it is read back as another game:\n%s", again.YAML())
	}
	changed := s.Clone()
	changed.Tasks.Models[0].Service.Seconds[2][1] += 0.01
	if hash(changed) == hash(s) || s.Tasks.Models[0].Service.Seconds[2][1] != 0.7 {
		t.Error("the hash does not depend on a time, or a copy shares it")
	}
	if _, err := New(s, 1, 1); err != nil {
		t.Error(err)
	}
	if u, d := s.Actions(), s.Destinations(); u != 3*d || d != 5 || s.Levels() != 3 {
		t.Errorf("%d actions, %d destinations, %d levels", u, d, s.Levels())
	}
}

// Times between two measured batches are on a straight line; quality is the floor over the distance.
func TestServiceNumbers(t *testing.T) {
	s, _, err := parseServed(t, strings.Replace(fastTable, "[6, 5, 3]", "[6, 5, 1]", 1), "", "")
	if err != nil {
		t.Fatal(err)
	}
	v := &s.Tasks.Models[0].Service
	for _, c := range []struct {
		b, steps int
		want     float64
	}{{1, 1, 0.1}, {2, 5, 0.8}, {3, 1, 0.2}, {4, 5, 1.4}, {6, 2, 0.7}} {
		if got := v.seconds(c.b, c.steps); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("a batch of %d at %d steps takes %g s, want %g", c.b, c.steps, got, c.want)
		}
	}
	for steps, want := range map[int]float64{1: 0.25, 2: 0.3, 5: 1} {
		if got := v.at(steps); math.Abs(got-want) > 1e-12 {
			t.Errorf("quality at %d steps: %g, want %g", steps, got, want)
		}
	}
}

func TestMeasured(t *testing.T) {
	s, _, err := parseServed(t, fastTable, "", "servers: 5\ncompute: {server_gcycles_per_s: [1, 4.5], ied_gcycles_per_s: [0.1, 0.2]}\n")
	if err != nil {
		t.Fatal(err)
	}
	want := "services are measured on cpu, 1 thread: a test; ESs: measured, scaled x 4.5, repeated; IEDs: scaled x 0.1 to 0.2"
	if got := s.Measured(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := paper(t, nil).Measured(); got != "" {
		t.Errorf("paper has measured services: %q", got)
	}
}

func TestServiceFaults(t *testing.T) {
	change := func(from, to string) string { return strings.Replace(fastTable, from, to, 1) }
	for _, c := range []struct{ table, model, rest, want string }{
		{change("[0.15, 0.3, 0.8]", "[0.15, 0.3]"), "", "", "fast.yaml:8: tasks.models[0].service.seconds[1]: 2 times are not allowed; allowed: one for each of the 3 steps"},
		{change("[0.1, 0.2, 0.5]", "[0.1, 0.2, -0.5]"), "", "", "fast.yaml:7: tasks.models[0].service.seconds[0][2]: -0.5 is not allowed"},
		{change("[0.1, 0.2, 0.5]", "[0.1, 0.2, 0.15]"), "", "", "allowed: at least the time of fewer steps"},
		{change("  - [0.35, 0.7, 2]\n", ""), "", "", "fast.yaml:7: tasks.models[0].service.seconds: 2 rows are not allowed; allowed: a row for each of the 3 batches"},
		{change("steps: [1, 2, 5]", "steps: [1, 5, 2]"), "", "", "fast.yaml:4: tasks.models[0].service.steps: [1 5 2] is not allowed"},
		{change("batches: [1,", "batches: [2,"), "", "", "of which the first is 1"},
		{change("device: \"cpu, 1 thread: a test\"\n", ""), "", "", "service.device: \"\" is not allowed; allowed: the name of the device that was measured, in one line"},
		{change("floor: 1.5", "floor: 0"), "", "", "fast.yaml:10: tasks.models[0].service.quality.floor: 0 is not allowed; allowed: a number above 0"},
		{change("[6, 5, 3]", "[6, 5]"), "", "", "quality.frechet: a list of 2 is not allowed; allowed: one for each of the 3 steps"},
		{change("load_s: 0.25", "load: 0.25"), "", "", "fast.yaml:2: tasks.models[0].service.load: unknown key; did you mean load_s?"},
		{change("quality: {floor: 1.5, frechet: [6, 5, 3]}\n", ""), "", "", "tasks.models[0].levels: [1 2 5] need the quality of the service, which is missing; allowed: one level, or a service with quality"},
		{change("quality: {floor: 1.5, frechet: [6, 5, 3]}\n", ""), ", levels: [2]", "reward: {quality_weight: 1}\n", "reward.quality_weight: 1 is not allowed; allowed: left out without the quality of every service"},
		{fastTable, ", levels: [2, 3]", "", "s.yaml:4: tasks.models[0].levels: [2 3] is not allowed; allowed: 1 to 8 of the steps of the service, [1 2 5], ascending"},
		{fastTable, ", least_quality: [0.2, 0.6]", "", "tasks.models[0].least_quality: [0.2 0.6] is not allowed; allowed: [min, max] with 0 <= min <= max <= 0.5"},
		{fastTable, ", gcycles: [1, 2]", "", "tasks.models[0].gcycles: [1 2] is not allowed; allowed: left out with a service, which says it"},
		{fastTable, "", "compute: {batch: {max: 8}}\n", "compute.batch.max: 8 is not allowed; allowed: at most 6, the largest batch that was measured of every service"},
		{fastTable, "", "compute: {batch: {max: 4, fixed_share: 0.5}}\n", "compute.batch.fixed_share: 0.5 is not allowed"},
		{fastTable, "}\n    - {name: own, share: 0, data_mbit: [1, 2], deadline_s: [1, 2], gcycles: [1, 2], gcycles_per_step: 1", "", "tasks.models[1].service: a value is missing; allowed: a service of every model, or of none"},
		{fastTable, "}\n    - {name: other, share: 0, data_mbit: [1, 2], deadline_s: [1, 2], service: {device: gpu, steps: [1], batches: [1], seconds: [[1]]}", "", "tasks.models[1].service.device: \"gpu\" is not allowed; allowed: that of the first model"},
	} {
		_, _, err := parseServed(t, c.table, c.model, c.rest)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q, %q, %q: %v, want %s", c.table, c.model, c.rest, err, c.want)
		}
	}
	own := paper(t, func(s *Scenario) {})
	own.Tasks.Models[1].Levels, own.Reward.QualityWeight = []int{1}, 1
	if err := own.Validate(); err == nil || !strings.Contains(err.Error(), "tasks.models[1].levels: [1] is not allowed; allowed: left out without a service") ||
		!strings.Contains(err.Error(), "reward.quality_weight") {
		t.Error(err)
	}
}
