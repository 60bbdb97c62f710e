package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train/record"
)

// metricsPage explains every number of a run folder.
const metricsPage = "../../docs/metrics.md"

// The sections of metricsPage, by the lines and files that they explain.
const (
	trainingSection   = "metrics.jsonl: training"
	evaluationSection = "metrics.jsonl: evaluation"
	timingSection     = "timing.jsonl"
	tableSection      = "table.json"
	attentionSection  = "attention.json"
	diffusionSection  = "A diffusion run"
)

// metricFields are said of each number, one a line.
var metricFields = []string{"- Formula: ", "- Unit: ", "- Healthy: ", "- Otherwise: "}

// nameSet holds names of numbers by section.
type nameSet map[string]map[string]bool

func (s nameSet) add(section, name string) {
	if s[section] == nil {
		s[section] = map[string]bool{}
	}
	s[section][regexp.MustCompile(`_\d+$`).ReplaceAllString(name, "_N")] = true
}

// TestMetricsPage trains with every algorithm for a moment: docs/metrics.md explains
// what the runs have written, and nothing else.
func TestMetricsPage(t *testing.T) {
	logged := nameSet{}
	for _, algo := range marl.Algorithms() {
		readRun(t, trainBriefly(t, algo, "scenario.ieds=5", "scenario.time.slots=10"), logged)
	}
	readRun(t, trainBriefly(t, marl.Default().Algo, "scenario=spread"), logged)
	readRun(t, trainBriefly(t, marl.Default().Algo, "scenario=gmel-cpu", "scenario.ieds=5", "scenario.time.slots=10"), logged)
	readDiffusionRun(t, logged)
	explained := readMetricsPage(t)
	if _, err := kernels.ReadGauges("gpu", ""); err != nil { // logged only with a device
		maps.DeleteFunc(explained[timingSection], func(name string, _ bool) bool { return strings.HasPrefix(name, "device_") })
	}
	for _, section := range slices.Sorted(maps.Keys(logged)) {
		for name := range logged[section] {
			if !explained[section][name] {
				t.Errorf("%s, %q: explain %s, which runs write", metricsPage, section, name)
			}
		}
	}
	for section, names := range explained {
		for name := range names {
			if !logged[section][name] {
				t.Errorf("%s, %q: no run writes %s", metricsPage, section, name)
			}
		}
	}
}

// TestMetricsPageIsWhole asks for all fields of every number in a section of JSON lines.
func TestMetricsPageIsWhole(t *testing.T) {
	text, err := os.ReadFile(metricsPage)
	if err != nil {
		t.Fatal(err)
	}
	entries := strings.Split(string(text), "\n### ")[1:]
	for _, entry := range entries {
		title, body, _ := strings.Cut(entry, "\n")
		for _, field := range metricFields {
			if strings.Count("\n"+body, "\n"+field) != 1 {
				t.Errorf("%s, %s: want one line %q", metricsPage, title, field)
			}
		}
	}
	if len(entries) < 20 {
		t.Errorf("only %d numbers found", len(entries))
	}
}

// readMetricsPage returns the names in the page's headings of the third level and in the first
// column of its tables.
func readMetricsPage(t *testing.T) nameSet {
	text, err := os.ReadFile(metricsPage)
	if err != nil {
		t.Fatal(err)
	}
	names, section := nameSet{}, ""
	for line := range strings.Lines(string(text)) {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			section = strings.TrimSpace(title)
		}
		cell, row := strings.CutPrefix(line, "| `")
		if row {
			line, _, _ = strings.Cut("`"+cell, " |")
		}
		if row || strings.HasPrefix(line, "### ") {
			for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(line, -1) {
				names.add(section, m[1])
			}
		}
	}
	return names
}

// trainBriefly returns the folder of a finished run.
func trainBriefly(t *testing.T, algo string, scenario ...string) string {
	dir := filepath.Join(t.TempDir(), "run")
	args := []string{"gmel", "train", "--algo", algo, "--out", dir}
	for _, setting := range append(scenario,
		"table_episodes=2", "train.updates=2", "train.worlds=4", "train.slots_per_iteration=8",
		"train.warmup_slots=8", "train.eval_episodes=2", "train.log_every=1", algo+".hidden=8",
	) {
		args = append(args, "--set", setting)
	}
	var stdout, stderr bytes.Buffer
	if code := execute(args, &stdout, &stderr); code != exitOK {
		t.Fatalf("%s: exit code %d\n%s", args, code, &stderr)
	}
	return dir
}

// readRun adds the names of all numbers in the folder of a run.
func readRun(t *testing.T, dir string, names nameSet) {
	events, err := filepath.Glob(filepath.Join(dir, "events.*"))
	if err != nil || len(events) != 1 {
		t.Fatal(events, err)
	}
	board, err := os.ReadFile(events[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"metrics.jsonl", "timing.jsonl"} {
		readLines(t, filepath.Join(dir, file), board, names)
	}
	for _, section := range []string{tableSection, attentionSection} { // which are called like their files
		var object any
		text, err := os.ReadFile(filepath.Join(dir, section))
		if errors.Is(err, fs.ErrNotExist) && section == attentionSection {
			continue
		}
		if err == nil {
			err = json.Unmarshal(text, &object)
		}
		if err != nil {
			t.Fatal(err)
		}
		walk(object, "", func(name string) { names.add(section, name) })
	}
}

// readDiffusionRun adds the names of all numbers that a diffusion run writes, without those of its speed.
func readDiffusionRun(t *testing.T, names nameSet) {
	dir := filepath.Join(t.TempDir(), "run")
	args := []string{"gmel", "diffusion", "train", "--out", dir}
	for _, setting := range []string{"data.height=8", "data.width=8", "data.per_class=6", "train.updates=2", "train.batch=4", "sample.steps=2", "sample.count=1"} {
		args = append(args, "--set", setting)
	}
	var stdout, stderr bytes.Buffer
	if code := execute(args, &stdout, &stderr); code != exitOK {
		t.Fatalf("%s: exit code %d\n%s", args, code, &stderr)
	}
	lines, err := record.ReadJSONL(filepath.Join(dir, "metrics.jsonl"))
	if err != nil || len(lines) == 0 {
		t.Fatal(lines, err)
	}
	for _, line := range lines {
		for name := range line.Values {
			names.add(diffusionSection, name)
		}
	}
	var quality any
	text, err := os.ReadFile(filepath.Join(dir, "quality.json"))
	if err == nil {
		err = json.Unmarshal(text, &quality)
	}
	if err != nil {
		t.Fatal(err)
	}
	walk(quality, "", func(path string) { names.add(diffusionSection, path[strings.LastIndexByte(path, '.')+1:]) })
}

// readLines adds the names of a file of JSON lines, whose numbers the events have, too.
func readLines(t *testing.T, path string, board []byte, names nameSet) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var values map[string]any
		if err := json.Unmarshal([]byte(line), &values); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		kind := fmt.Sprint(values["kind"])
		section, ok := map[string]string{"train": trainingSection, "timing": timingSection}[kind]
		if !ok {
			section = evaluationSection
		}
		delete(values, "kind")
		delete(values, "update")
		for name := range values {
			names.add(section, name)
			if !bytes.Contains(board, []byte(kind+"/"+name)) {
				t.Errorf("the events have no %s/%s", kind, name)
			}
		}
	}
}

// walk visits the paths of a JSON value's leaves. Elements of a list have the list's path, and a mean
// with its interval is a leaf.
func walk(v any, path string, visit func(string)) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			walk(x, path, visit)
		}
		if len(v) == 0 {
			visit(path)
		}
	case map[string]any:
		if _, interval := v["half_95"]; interval {
			visit(path)
			return
		}
		for key, x := range v {
			walk(x, strings.TrimPrefix(path+"."+key, "."), visit)
		}
	default:
		visit(path)
	}
}
