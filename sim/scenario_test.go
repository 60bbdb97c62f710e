package sim

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPresetsAreValidAndRoundTrip(t *testing.T) {
	for _, name := range Presets() {
		s, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if s.Name != name {
			t.Errorf("preset %q calls itself %q", name, s.Name)
		}
		again, err := Parse(s.YAML(), "effective")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s, again); diff != "" || hash(t, s) != hash(t, again) {
			t.Errorf("%s changed on its way through YAML:\n%s", name, diff)
		}
	}
	if _, err := Preset("papr"); err == nil || !strings.Contains(err.Error(), "paper, population") {
		t.Errorf("error %v does not list the presets", err)
	}
}

// TestPresetsSetEveryKey keeps the presets the only source of defaults: a key
// missing from a preset would silently be zero.
func TestPresetsSetEveryKey(t *testing.T) {
	for _, name := range Presets() {
		data, err := presetFiles.ReadFile("presets/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		for _, row := range strings.Split(string(paper(t, nil).YAML()), "\n") {
			key, _, found := strings.Cut(strings.TrimLeft(row, " -"), ":")
			measured := slices.Contains([]string{"gcycles", "gcycles_per_step", "result_mbit", "load_s"}, key) && strings.Contains(text, "service:\n")
			if found && !measured && !strings.Contains(text, key+":") {
				t.Errorf("%s does not set %s", name, key)
			}
		}
	}
}

func TestParseKeepsDefaults(t *testing.T) {
	s, err := Parse([]byte("ieds: 12\nradio:\n  bandwidth_mhz: 40\n"), "my.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := paper(t, func(s *Scenario) { s.IEDs, s.Radio.BandwidthMHz = 12, 40 })
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
	empty, err := Parse(nil, "empty.yaml")
	if err != nil || hash(t, empty) != hash(t, paper(t, nil)) {
		t.Errorf("an empty file is not the preset: %v", err)
	}
	if hash(t, s) == hash(t, empty) {
		t.Error("different scenarios, same hash")
	}
}

func TestParseErrorsNameTheirPlace(t *testing.T) {
	for name, c := range map[string]struct {
		yaml string
		want []string
	}{
		"unknown key":     {"ieds: 3\niedz: 4\n", []string{"sim: my.yaml:2: iedz: unknown key; did you mean ieds?"}},
		"nested key":      {"radio:\n  bandwith_mhz: 4\n", []string{"sim: my.yaml:2: radio.bandwith_mhz: unknown key; did you mean bandwidth_mhz?"}},
		"wrong type":      {"\nieds: many\n", []string{`my.yaml:2: ieds: "many" is not a whole number`}},
		"wrong length":    {"compute:\n  ied_gcycles_per_s: [1]\n", []string{"my.yaml:2: compute.ied_gcycles_per_s: a list of 1 is not two numbers [min, max]"}},
		"out of range":    {"time:\n  slots: 10\n  slot_s: -1\n", []string{"my.yaml:3: time.slot_s: -1 is not allowed; allowed: 0.001 to 1000"}},
		"not a number":    {"time: {slot_s: .nan}\n", []string{"my.yaml:1: time.slot_s: NaN is not a finite number"}},
		"bad word":        {"hall:\n  clutter: XL\n", []string{`my.yaml:2: hall.clutter: "XL" is not allowed`, "LOS, SL, DL, SH, DH, UMi or UMa"}},
		"far server":      {"servers: 1\nhall:\n  server_positions_m: [[1, 900]]\n", []string{"my.yaml:3: hall.server_positions_m[0]: [1 900] is not allowed; allowed: [x, y] in metres inside the hall, from [0, 0] to [300, 150]"}},
		"degrees":         {"servers: 1\nhall:\n  server_positions_m: [[-37.8136, 144.9631]]\n", []string{"[-37.8136 144.9631] is not allowed", "if the list has degrees of latitude and longitude, convert its file with gmel import eua FILE..."}},
		"not in the file": {"hall: {server_positions_m: [[1, 1]]}\ntasks: {models: []}\n", []string{"my.yaml:1: hall.server_positions_m: a list of 1 is not allowed", "my.yaml:2: tasks.models: a list of 0"}},
		"a default":       {"tasks: {arrivals: {process: poisson}}\n", []string{"my.yaml:1: tasks.arrivals.queue: 0 is not allowed; allowed: a whole number from 1 to 64"}},
		"two faults":      {"ieds: 0\nservers: 0\n", []string{"my.yaml:1: ieds", "my.yaml:2: servers"}},
		"syntax":          {"ieds: [\n", []string{"sim: my.yaml:1: not YAML: "}},
		"two documents":   {"ieds: 3\n---\nieds: 4\n", []string{"sim: my.yaml: one YAML document is allowed"}},
	} {
		_, err := Parse([]byte(c.yaml), "my.yaml")
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want %q in it", name, err, want)
			}
		}
	}
}

func TestLoadFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(path, []byte("name: mine\nservers: 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Load(path)
	if err != nil || s.Name != "mine" || s.Candidates() != 2 {
		t.Errorf("%+v, %v", s, err)
	}
	_, err = Load(path + "x")
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "paper, population") {
		t.Errorf("a missing file gives %v", err)
	}
}

func TestValidateJoinsAllFaults(t *testing.T) {
	s := paper(t, func(s *Scenario) {
		s.Tasks.Models[1].Share = 0.9
		s.Tasks.Models[2].Gcycles = Range{1, 1.1} // no whole number of 0.3-Gcycle steps
		s.Reward.FailurePenalty = math.Inf(1)
		s.Topology = "sometimes"
	})
	err := s.Validate()
	for _, field := range []string{"tasks.models:", "tasks.models[2].gcycles", "reward.failure_penalty", "topology"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("error %v misses %s", err, field)
		}
	}
	var fault *FieldError
	if !errors.As(err, &fault) || fault.Path == "" {
		t.Errorf("no FieldError in %v", err)
	}
	if _, err := New(s, 1, 1); err == nil {
		t.Error("New takes an invalid scenario")
	}
	if _, err := New(paper(t, nil), 0, 1); err == nil {
		t.Error("New makes zero worlds")
	}
}

func TestSizedPresets(t *testing.T) {
	s, err := Load("population:1000")
	if err != nil || s.IEDs != 1000 || s.Servers != 133 {
		t.Errorf("%+v, %v", s, err)
	}
	for _, name := range []string{"paper:", "paper:0", "paper:-3", "paper:ten", "population:1e3"} {
		if _, err := Load(name); err == nil || !strings.Contains(err.Error(), "a whole number from 1") {
			t.Errorf("%s gives %v", name, err)
		}
	}
}

// A value that the YAML decoder would change silently is refused, and the error names its line.
func TestInexactValuesAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"ieds: 30.7\n":         `x.yaml:1: ieds: "30.7" is not a whole number`,
		"ieds: 30\nservers:\n": "x.yaml:2: servers: a value is missing; allowed: a whole number",
		"compute:\n  server_gcycles_per_s: [10, null, 20]\n": "x.yaml:2: compute.server_gcycles_per_s[1]: a value is missing; allowed: a number",
		"radio: {carrier_ghz: &x 3.5}\nservers: *x\n":        `x.yaml:2: servers: "3.5" is not a whole number`,
	} {
		if _, err := Parse([]byte(text), "x.yaml"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, want %q", text, err, want)
		}
	}
	if _, err := Parse([]byte("time:\n"), "x.yaml"); err != nil {
		t.Errorf("an empty section gives %v", err)
	}
}

func TestTooManyWorlds(t *testing.T) {
	if _, err := New(paper(t, nil), 1_000_000_000, 1); err == nil || !strings.Contains(err.Error(), "allowed: 1 to") {
		t.Errorf("a billion worlds give %v", err)
	}
}
