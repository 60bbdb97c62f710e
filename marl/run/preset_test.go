package run

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
	"github.com/gmel-go/gmel/sim/spread"
)

// A run that names the preset population mixes rewards over neighbourhoods, unless a source says otherwise.
func TestDefaultsOfPresets(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	named := file("named.yaml", "scenario: population:50\n")
	wanted := file("wanted.yaml", "scenario: population\ntrain: {reward_group: 0}\n")
	written := file("written.yaml", "scenario: {name: population, ieds: 50}\n")
	mine := file("mine.yaml", "name: population\nieds: 50\n")
	for _, x := range []struct {
		src  Sources
		want int
	}{
		{Sources{}, 0},
		{Sources{Scenario: "paper:300"}, 0},
		{Sources{Scenario: "population"}, 40},
		{Sources{Scenario: "population:1000", Algo: "amarl-ppo"}, 40},
		{Sources{Sets: []string{"scenario=population:50", "scenario.ieds=40"}}, 40},
		{Sources{File: named}, 40},
		{Sources{File: named, Scenario: "paper"}, 0},
		{Sources{Scenario: "population", Sets: []string{"train.reward_group=5"}}, 5},
		{Sources{File: wanted}, 0},
		{Sources{File: written}, 0},
		{Sources{Scenario: mine}, 0},
	} {
		if got := load(t, x.src).Train.RewardGroup; got != x.want {
			t.Errorf("%+v: reward_group is %d, want %d", x.src, got, x.want)
		}
	}
}

// Algorithms whose agents have one reward, or only their own ones, have no neighbourhoods on a preset.
func TestDefaultsOfTeams(t *testing.T) {
	for omega, want := range map[float64]int{0: 0, 0.95: 40, 1: 0} {
		c := marl.Config{Omega: omega}
		if presetDefaults["population"](&c); c.RewardGroup != want {
			t.Errorf("omega %g: reward_group is %d, want %d", omega, c.RewardGroup, want)
		}
	}
}

// Agents of simple_spread have no numbers by place, so none are neighbours.
func TestNoNeighboursInSpread(t *testing.T) {
	_, err := Load(Sources{Scenario: spread.Name, Sets: []string{"train.reward_group=2"}})
	if want := "train.reward_group: 2 is not allowed; allowed: 0 in simple_spread"; !train.IsUsage(err) || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

// The order of turns that is the default works everywhere. One that is asked for and would not be followed is refused.
func TestOrderOfTurns(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(file, load(t, Sources{Algo: "amarl-ppo"}).Commented(), 0o666); err != nil {
		t.Fatal(err)
	}
	data, turns, none := "train.turn_order=data", "train.turns=3", "train.turn_values=none"
	for _, src := range []Sources{
		{Sets: []string{turns}}, {Sets: []string{data}}, {Sets: []string{turns, "train.turn_order=number"}},
		{File: file, Sets: []string{turns, none}}, {File: file, Sets: []string{turns, data}},
	} {
		load(t, src)
	}
	_, err := Load(Sources{File: file, Sets: []string{data, turns, none}})
	want := `--set train.turn_order=data: train.turn_order: "data" needs train.turn_values, without which IEDs decide in the order of their numbers; ` +
		"allowed: number, or train.turn_values earlier or all"
	if !train.IsUsage(err) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if _, err := Load(Sources{Sets: []string{data, turns}, SetsFile: "plan.yaml"}); !train.IsUsage(err) || !strings.HasPrefix(err.Error(), "plan.yaml: ") {
		t.Error(err)
	}
}

// Every preset that has defaults of its own exists, and gmel config prints them.
func TestDefaultsOfPresetsArePrinted(t *testing.T) {
	for preset := range presetDefaults {
		if !sim.IsPreset(preset) && !spread.IsNamed(preset) {
			t.Errorf("no preset %s", preset)
		}
	}
	text := string(load(t, Sources{Scenario: "population:100"}).Commented())
	if !strings.Contains(text, "\n  reward_group: 40\n") {
		t.Errorf("reward_group is not in\n%s", text)
	}
	for word, want := range map[string]float64{"spread": 0.95, "spread:5": 0.95, "paper": marl.Default().Gamma} {
		if got := load(t, Sources{Scenario: word}).Train.Gamma; got != want {
			t.Errorf("%s: gamma is %g, want %g", word, got, want)
		}
	}
}

// A run goes on and is evaluated with the value that it has stored: that of a preset, another one, or none, as
// an earlier version stored it.
func TestStoredDefaultsStay(t *testing.T) {
	for set, want := range map[string]int{"train.worlds=4": 40, "train.reward_group=0": 0, "train.reward_group=7": 7} {
		f := train.Folder(t.TempDir())
		began := load(t, Sources{Scenario: "population:100", Sets: []string{set}})
		if err := os.WriteFile(f.File("config.yaml"), began.YAML(), 0o666); err != nil {
			t.Fatal(err)
		}
		own, err := folderConfig(f)
		if err != nil {
			t.Fatal(err)
		}
		asked, err := goingOn(f, own, Sources{Scenario: "population:100"})
		if err != nil {
			t.Fatal(err)
		}
		if d := difference(own, asked); d != "" || own.Train.RewardGroup != want {
			t.Errorf("%s: stored reward_group is %d, want %d; %s", set, own.Train.RewardGroup, want, d)
		}
	}
	f := train.Folder(t.TempDir())
	text := strings.Replace(string(load(t, Sources{Scenario: "population:100"}).YAML()), "    reward_group: 40\n", "", 1)
	if err := os.WriteFile(f.File("config.yaml"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	own, err := folderConfig(f)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text, "reward_group") || own.Train.RewardGroup != 0 {
		t.Errorf("a stored run without reward_group has %d", own.Train.RewardGroup)
	}
}
