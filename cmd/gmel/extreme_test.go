package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/urfave/cli/v2"
	"go.yaml.in/yaml/v3"
)

// Values that a slip of the keyboard or a script can give a setting.
var (
	extremeInts   = []string{"-9223372036854775808", "-1", "0", "16777216", "1073741824", "2147483648", "1099511627776", "4611686018427387904", "9223372036854775807"}
	extremeFloats = []string{"-1e308", "0", "1e-320", "1e308", ".nan", ".inf"}
)

// Every setting of every algorithm with an extreme value is refused, or trained with until an interrupt ends it.
func TestExtremeSettings(t *testing.T) {
	littleMemory(t)
	for i, algo := range marl.Algorithms() {
		for _, s := range settings(t, algo) {
			if i > 0 && !strings.HasPrefix(s.path, algo+".") {
				continue // tried with the first
			}
			for _, value := range s.extremes {
				trainExtreme(t, algo, s.path+"="+value)
			}
		}
	}
}

// So is every pair of sizes, whose product counts: all of them for an off-policy and an on-policy algorithm, and for
// the others those of a size of their own and one that tensors have.
func TestExtremeProducts(t *testing.T) {
	littleMemory(t)
	for _, algo := range marl.Algorithms() {
		sizes := []string{"scenario.ieds"}
		for _, s := range settings(t, algo) {
			if slices.Equal(s.extremes, extremeInts) && (strings.HasPrefix(s.path, "train.") || strings.HasPrefix(s.path, algo+".")) {
				sizes = append(sizes, s.path)
			}
		}
		own := func(path string) bool { return strings.HasPrefix(path, algo+".") }
		every := algo == "amarl" || algo == "amarl-ppo"
		for i, a := range sizes {
			for _, b := range sizes[:i] {
				if !every && !(own(a) && (own(b) || slices.Contains(tensorSizes, b))) {
					continue
				}
				trainExtreme(t, algo, a+"=1048576", b+"=1048576")
				trainExtreme(t, algo, a+"=1073741824", b+"=16777215")
			}
		}
	}
}

// tensorSizes are shared settings that are dimensions of tensors.
var tensorSizes = []string{"scenario.ieds", "train.worlds", "train.slots_per_iteration", "train.eval_episodes"}

// littleMemory keeps a test from taking what a large machine would give.
func littleMemory(t *testing.T) {
	before := debug.SetMemoryLimit(100 << 20)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
}

// number is a setting that is a number.
type number struct {
	path     string
	extremes []string
}

// settings are the numbers of an algorithm's whole configuration.
func settings(t *testing.T, algo string) (all []number) {
	t.Helper()
	c, err := run.Load(run.Sources{Algo: algo})
	if err != nil {
		t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(c.YAML(), &doc); err != nil {
		t.Fatal(err)
	}
	var walk func(n *yaml.Node, path string)
	walk = func(n *yaml.Node, path string) {
		switch {
		case n.Kind == yaml.MappingNode:
			for i := 0; i < len(n.Content); i += 2 {
				walk(n.Content[i+1], strings.TrimPrefix(path+"."+n.Content[i].Value, "."))
			}
		case n.Kind == yaml.SequenceNode:
			for i, x := range n.Content {
				walk(x, fmt.Sprintf("%s[%d]", path, i))
			}
		case n.Tag == "!!int":
			all = append(all, number{path, extremeInts})
		case n.Tag == "!!float":
			all = append(all, number{path, extremeFloats})
		}
	}
	walk(doc.Content[0], "")
	if len(all) < 50 {
		t.Fatalf("only %d numbers in\n%s", len(all), c.YAML())
	}
	return all
}

// trainExtreme begins a run that is interrupted at once.
func trainExtreme(t *testing.T, algo string, sets ...string) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%s %s: panic: %v\n%s", algo, sets, r, debug.Stack())
		}
	}()
	small := []string{"scenario.ieds=5", "train.worlds=4", "train.slots_per_iteration=4", "train.warmup_slots=4", "train.backend=ref"}
	c, err := run.Load(run.Sources{Algo: algo, Sets: append(small, sets...)})
	if err == nil {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var r run.Result
		if r, err = run.Train(ctx, c, train.Options{Out: filepath.Join(t.TempDir(), "run")}); err == nil && !r.Interrupted {
			t.Errorf("%s %s: it ended by itself", algo, sets)
		}
	}
	if err != nil && (strings.Contains(err.Error(), "goroutine") || strings.Count(err.Error(), "\n") > 4) {
		t.Errorf("%s %s: %v", algo, sets, err)
	}
}

// Every number that a flag takes is refused where it is extreme, or means little work.
func TestExtremeFlags(t *testing.T) {
	littleMemory(t)
	base := map[string][]string{
		"train": {"--config", "testdata/tiny.yaml", "--out", filepath.Join(t.TempDir(), "none", "\x00")}, "eval": {"--run", "testdata"},
		"simulate": {"--scenario", "paper:5", "--episodes", "1"}, "config": nil, "sim": {"--seconds", "0", "--ieds", "5", "--worlds", "1"},
	}
	app := newApp(&bytes.Buffer{}, &bytes.Buffer{})
	commands := slices.Clone(app.Commands)
	for _, c := range app.Commands {
		commands = append(commands, c.Subcommands...)
	}
	tried := 0
	for _, c := range commands {
		args, ok := base[c.Name]
		if !ok {
			continue
		}
		for _, f := range c.Flags {
			for _, value := range flagExtremes(f) {
				line := []string{"gmel", c.Name}
				if c.Name == "sim" {
					line = []string{"gmel", "bench", "sim"}
				}
				executeExtreme(t, append(append(line, args...), "--"+f.Names()[0]+"="+value))
				tried++
			}
		}
	}
	if tried < 100 {
		t.Errorf("only %d values", tried)
	}
}

func flagExtremes(f cli.Flag) []string {
	switch f.(type) {
	case *cli.IntFlag, *cli.IntSliceFlag:
		return append([]string{"99999999999999999999"}, extremeInts[4:]...)
	case *cli.Uint64Flag:
		return []string{"-1", "18446744073709551615", "99999999999999999999", "1e3"}
	case *cli.Float64Flag:
		return []string{"-1e308", "1e308", "nan", "inf"}
	}
	return nil
}

// executeExtreme runs a command line.
func executeExtreme(t *testing.T, args []string) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%q: panic: %v\n%s", args, r, debug.Stack())
		}
	}()
	var stdout, stderr bytes.Buffer
	code := execute(args, &stdout, &stderr)
	if said := strings.Count(stderr.String(), "gmel: "); code != exitOK && said != 1 || code == exitOK && said != 0 {
		t.Errorf("%q: exit code %d\n%s", args, code, &stderr)
	}
}
