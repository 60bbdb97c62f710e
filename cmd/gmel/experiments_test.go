package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/marl/sweep"
)

const experiments = "../../experiments"

// Every plan of experiments can be trained: all settings of all its runs are valid. Its first lines say what
// it claims, how to run it and how many runs it has. Its short form has two seeds and less to do.
func TestExperimentPlans(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(experiments, "*.yaml"))
	if err != nil || len(names) < 5 {
		t.Fatalf("%d plans, %v", len(names), err)
	}
	shorts, err := filepath.Glob(filepath.Join(experiments, "short", "*.yaml"))
	if err != nil || len(shorts) != len(names) {
		t.Errorf("%d plans have %d short forms, %v", len(names), len(shorts), err)
	}
	for _, name := range names {
		full := readExperiment(t, filepath.Base(name))
		short := readExperiment(t, path.Join("short", filepath.Base(name)))
		seeds := map[uint64]bool{}
		for _, r := range short.Runs {
			seeds[r.Seed] = true
		}
		if len(seeds) != 2 || updates(short)*10 > updates(full) {
			t.Errorf("%s: the short form has %d seeds and %d of %d updates", name, len(seeds), updates(short), updates(full))
		}
	}
}

// readExperiment reads a plan and compares its first lines with what it is.
func readExperiment(t *testing.T, name string) *sweep.Plan {
	t.Helper()
	file := filepath.Join(experiments, name)
	p, err := sweep.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"# Claim: ", fmt.Sprintf("# Run:  gmel sweep run experiments/%s\n", name),
		fmt.Sprintf(" experiments/%s\n# ", name), fmt.Sprintf("# Cost: %d runs", len(p.Runs)),
	} {
		if !strings.Contains(string(text), line) {
			t.Errorf("%s does not say %q", file, line)
		}
	}
	if base := filepath.Join("../../runs/experiments", filepath.Dir(name)); filepath.Dir(p.Out) != base {
		t.Errorf("%s: runs are in %s, want a folder of %s", file, p.Out, base)
	}
	return p
}

// updates is the number of updates of all runs.
func updates(p *sweep.Plan) (n int) {
	for _, r := range p.Runs {
		n += r.Config.Train.Updates
	}
	return n
}

// A policy of the plan robustness can play every scenario of evaluate.sh.
func TestExperimentEvaluations(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(experiments, "evaluate.sh"))
	if err != nil {
		t.Fatal(err)
	}
	trained := readExperiment(t, "robustness.yaml").Runs[0].Config.Scenario
	plays := regexp.MustCompile(`(?m)^play \S+ --(set|scenario) "?([^"\n]+)"?$`).FindAllStringSubmatch(string(text), -1)
	if len(plays) < 5 || len(plays) != strings.Count(string(text), "\nplay ") {
		t.Fatalf("%d evaluations are understood", len(plays))
	}
	for _, m := range plays {
		src := run.Sources{Scenario: m[2]}
		if m[1] == "set" {
			src = run.Sources{Sets: []string{m[2]}}
		}
		c, err := run.Load(src)
		if err == nil {
			_, err = c.Scenario.InUnitsOf(trained)
		}
		if err != nil {
			t.Errorf("%s: %v", m[0], err)
		}
	}
}
