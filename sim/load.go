package sim

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/gmel-go/gmel/internal/setting"
)

//go:embed presets/*.yaml
var presetFiles embed.FS

// basePreset supplies the keys that a scenario file leaves out.
const basePreset = "paper"

// Presets returns the names of the built-in scenarios.
func Presets() []string {
	return []string{"paper", "population", "hot", "models8", "amcoedge", "dedgeai", "qeco", "ccm", "sdxl", "gmel-cpu", "gmel-loop"}
}

// Preset returns a fresh copy of a built-in scenario.
func Preset(name string) (*Scenario, error) {
	data, err := PresetSource(name)
	if err != nil {
		return nil, err
	}
	return decode(&Scenario{}, data, presetFile(name))
}

// PresetSource returns the YAML of a built-in scenario with its comments, which describe
// every setting, its unit and its source.
func PresetSource(name string) ([]byte, error) {
	if !slices.Contains(Presets(), name) {
		return nil, fmt.Errorf("sim: no preset %q; there are %s", name, strings.Join(Presets(), ", "))
	}
	data, err := presetFiles.ReadFile(presetFile(name))
	if err != nil {
		return nil, fmt.Errorf("sim: %w", err)
	}
	return data, nil
}

func presetFile(name string) string { return "presets/" + name + ".yaml" }

// Load returns the preset of that name or else reads the YAML file at that path. PRESET:N
// is the preset grown or shrunk to N IEDs by [Scenario.Population].
// Names of files in a scenario file are relative to it.
// Errors name the file, the line, the field, its value and what is allowed.
func Load(nameOrPath string) (*Scenario, error) {
	if IsPreset(nameOrPath) {
		name, ieds, sized := strings.Cut(nameOrPath, ":")
		s, err := Preset(name)
		if err == nil && sized {
			return resized(s, nameOrPath, ieds)
		}
		return s, err
	}
	data, err := os.ReadFile(nameOrPath)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("sim: scenario %q is neither a preset (%s, or with a number of IEDs such as population:1000) nor a file: %w",
			nameOrPath, strings.Join(Presets(), ", "), err)
	}
	if err != nil {
		return nil, fmt.Errorf("sim: scenario: %w", err)
	}
	return Parse(data, nameOrPath)
}

// IsPreset reports whether Load takes the name for a preset, with or without a number of IEDs.
func IsPreset(name string) bool {
	preset, _, _ := strings.Cut(name, ":")
	return slices.Contains(Presets(), preset)
}

// resized is the scenario for the number of IEDs in a text.
func resized(s *Scenario, nameOrPath, ieds string) (*Scenario, error) {
	n, err := strconv.Atoi(ieds)
	if err != nil || n < 1 {
		return nil, fmt.Errorf("sim: scenario %q: %q is not a number of IEDs; allowed: a whole number from 1", nameOrPath, ieds)
	}
	s = s.Population(n)
	return s, s.Validate()
}

// Parse reads a scenario from YAML; name is the file name used in errors, and names
// of files are relative to its folder. Keys that are left out keep the value of the
// preset "paper"; a list replaces the whole list; unknown keys are errors.
func Parse(data []byte, name string) (*Scenario, error) {
	s, err := Preset(basePreset)
	if err != nil {
		return nil, err
	}
	return decode(s, data, name)
}

// decode reads data over s, strictly, and validates the result. Where the file leaves out what
// is at fault, the error names the file without a line.
func decode(s *Scenario, data []byte, name string) (*Scenario, error) {
	r := setting.NewReader()
	err := r.YAML(data, name)
	if err == nil {
		r.Read(setting.Section{Value: s, Files: s.Files()})
		err = r.Check()
	}
	for _, e := range setting.Split(err) {
		var f *FieldError
		if errors.As(e, &f) && f.Origin == (setting.Origin{}) {
			f.Origin.File = name
		}
	}
	if err != nil {
		return nil, named(err)
	}
	s.NormaliseShares()
	return s, nil
}

// named puts the package's name in front of each of the joined errors.
func named(err error) error {
	var all []error
	for _, e := range setting.Split(err) {
		all = append(all, fmt.Errorf("sim: %w", e))
	}
	return errors.Join(all...)
}
