package sim

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed presets/*.yaml
var presetFiles embed.FS

// basePreset supplies the keys that a scenario file leaves out.
const basePreset = "paper"

// Presets returns the names of the built-in scenarios.
func Presets() []string {
	return []string{"paper", "population", "amcoedge", "dedgeai", "qeco", "ccm", "sdxl"}
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

// Parse reads a scenario from YAML; name is the file name used in errors. Keys
// that are left out keep the value of the preset "paper"; a list replaces the
// whole list; unknown keys are errors.
func Parse(data []byte, name string) (*Scenario, error) {
	s, err := Preset(basePreset)
	if err != nil {
		return nil, err
	}
	return decode(s, data, name)
}

// decode reads data over s, strictly, and validates the result.
func decode(s *Scenario, data []byte, name string) (*Scenario, error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(s); err != nil && !errors.Is(err, io.EOF) {
		return nil, yamlError(name, err)
	}
	if err := dec.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("sim: %s: one YAML document is allowed, there is more after the first", name)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, yamlError(name, err)
	}
	if faults := exact(&root, reflect.TypeFor[Scenario]()); faults != nil {
		return nil, yamlError(name, &yaml.TypeError{Errors: faults})
	}
	if err := s.Validate(); err != nil {
		return nil, locate(err, &root, name)
	}
	return s, nil
}

// decodePair reads two numbers. The decoder's own message for a list of another
// length has no line.
func decodePair(node *yaml.Node, to *[2]float64, form string) error {
	if node.Kind != yaml.SequenceNode || len(node.Content) != 2 {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: want two numbers %s", node.Line, form)}}
	}
	return node.Decode(to)
}

var yamlLine = regexp.MustCompile(`line (\d+): `)
var yamlUnknown = regexp.MustCompile(`field (\S+) not found in type sim\.(\S+)`)

// yamlError rewrites the decoder's messages to "file:line: message", one error
// per fault.
func yamlError(name string, err error) error {
	var fault *yaml.TypeError
	if !errors.As(err, &fault) {
		text := strings.TrimPrefix(err.Error(), "yaml: ")
		return fmt.Errorf("sim: %s", positioned(name, text))
	}
	var all []error
	for _, text := range fault.Errors {
		text = yamlUnknown.ReplaceAllString(text, "unknown key $1 in $2")
		all = append(all, fmt.Errorf("sim: %s", positioned(name, text)))
	}
	return errors.Join(all...)
}

// positioned turns "line 3: text" into "name:3: text".
func positioned(name, text string) string {
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		return name + ":" + m[1] + ": " + strings.Replace(text, m[0], "", 1)
	}
	return name + ": " + text
}

// locate adds the file and line to every FieldError of a joined error.
func locate(err error, root *yaml.Node, name string) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	var all []error
	for _, e := range joined.Unwrap() {
		var f *FieldError
		if errors.As(e, &f) {
			f.File, f.Line = name, lineOf(root, f.Field)
		}
		all = append(all, e)
	}
	return errors.Join(all...)
}

// lineOf returns the line of a field path like tasks.models[1].share, of its
// nearest ancestor in the file, or 0 if the file has neither.
func lineOf(node *yaml.Node, path string) int {
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	line := 0
	for _, part := range strings.FieldsFunc(path, func(r rune) bool { return strings.ContainsRune(".[]", r) }) {
		next := child(node, part)
		if next == nil {
			return line
		}
		node, line = next, next.Line
	}
	return line
}

// child returns the value under a key or index, nil if there is none.
func child(node *yaml.Node, part string) *yaml.Node {
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == part {
				return node.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(part); err == nil && i < len(node.Content) {
			return node.Content[i]
		}
	}
	return nil
}
