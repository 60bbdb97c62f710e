package run

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/sim"
	"go.yaml.in/yaml/v3"
)

// Sources say where a configuration comes from; later ones win: the defaults of the algorithm that all
// of them together name, File, Scenario, Algo, Sets in their order, Seed.
type Sources struct {
	File     string   // YAML; "" for none
	Algo     string   // train.algo; "" for that of File, Sets or the default
	Scenario string   // preset or scenario file; "" for that of File or the default
	Sets     []string // path=value with a YAML value, such as train.gamma=0.9
	Seed     *uint64
}

// Load reads and validates a configuration. Errors name file and line or the
// flag, the field, its value and what is allowed; several faults are joined.
func Load(src Sources) (*Config, error) {
	if src.Algo != "" {
		src.Sets = append([]string{"train.algo=" + src.Algo}, src.Sets...)
	}
	first, err := read(src, "")
	if err != nil {
		return nil, err
	}
	l, err := read(src, first.c.Train.Algo)
	if err != nil {
		return nil, err
	}
	if err := l.foreign(); err != nil {
		return nil, usage(l.locate(err))
	}
	return l.c, usage(l.locate(l.c.Validate()))
}

// read applies the sources to the defaults of an algorithm, which the first reading finds out.
func read(src Sources, algo string) (*loader, error) {
	c, err := Default()
	if err != nil {
		return nil, err
	}
	if algo != "" {
		c.Train = marl.DefaultOf(algo)
	}
	l := &loader{c: c, origins: map[string]string{}}
	return l, usage(l.all(src))
}

// foreign refuses every setting of another algorithm that a source names, whatever its value.
func (l *loader) foreign() error {
	var errs []error
	for _, path := range slices.Sorted(maps.Keys(l.origins)) {
		key, ok := strings.CutPrefix(path, "train.")
		if algo := marl.Belongs(key); ok && algo != "" && algo != l.c.Train.Algo {
			errs = append(errs, &FieldError{Field: path, Problem: fmt.Sprintf("a setting of train.algo %s; this run has %s", algo, l.c.Train.Algo)})
		}
	}
	return errors.Join(errs...)
}

type loader struct {
	c       *Config
	origins map[string]string
}

func (l *loader) all(src Sources) error {
	if src.File != "" {
		if err := l.file(src.File, src.Scenario != ""); err != nil {
			return err
		}
	}
	if src.Scenario != "" {
		if err := l.scenario(src.Scenario, "--scenario "+src.Scenario); err != nil {
			return err
		}
	}
	var errs []error
	for _, s := range src.Sets {
		errs = append(errs, l.set(s))
	}
	if src.Seed != nil {
		l.c.Seed = *src.Seed
	}
	return errors.Join(errs...)
}

// file reads a YAML file over the configuration; its scenario gives way to a flag.
func (l *loader) file(name string, otherScenario bool) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	root, err := parse(data, name)
	if err != nil || root == nil {
		return err
	}
	origin := func(n *yaml.Node) string { return fmt.Sprintf("%s:%d", name, n.Line) }
	if node := take(root, "scenario", otherScenario); node != nil {
		base := node.Value
		if !sim.IsPreset(base) && !filepath.IsAbs(base) {
			base = filepath.Join(filepath.Dir(name), base) // relative to the file that names it
		}
		if err := l.scenario(base, origin(node)); err != nil {
			return err
		}
	}
	d := decoder{origin: origin, origins: l.origins}
	d.decode(root, reflect.ValueOf(l.c), "")
	return errors.Join(d.errs...)
}

// parse returns the one document of a YAML text, nil if it is empty.
func parse(data []byte, name string) (*yaml.Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, more yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, syntaxError(name, err)
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, &FieldError{Origin: name, Problem: "there is more after the first YAML document"}
	}
	return doc.Content[0], nil
}

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): `)

func syntaxError(name string, err error) error {
	text := err.Error()
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		return &FieldError{Origin: name + ":" + m[1], Problem: "not YAML: " + text[len(m[0]):]}
	}
	return &FieldError{Origin: name, Problem: "not YAML: " + strings.TrimPrefix(text, "yaml: ")}
}

// take removes a key from a mapping and returns its value if that is a word;
// a group of keys stays for the decoder unless it is dropped.
func take(root *yaml.Node, key string, drop bool) *yaml.Node {
	for i := 0; root.Kind == yaml.MappingNode && i+1 < len(root.Content); i += 2 {
		value := root.Content[i+1]
		word := value.Kind == yaml.ScalarNode && value.Tag == "!!str"
		if root.Content[i].Value != key || !word && !drop {
			continue
		}
		root.Content = slices.Delete(root.Content, i, i+2)
		if drop {
			return nil
		}
		return value
	}
	return nil
}

// scenario replaces the game by a preset or a file.
func (l *loader) scenario(nameOrPath, origin string) (err error) {
	l.c.Scenario, err = LoadScenario(nameOrPath, origin)
	return err
}

// LoadScenario reads a preset or a scenario file; origin says who named it.
func LoadScenario(nameOrPath, origin string) (*sim.Scenario, error) {
	s, err := sim.Load(nameOrPath)
	if errors.Is(err, os.ErrNotExist) {
		return nil, usage(&FieldError{Origin: origin, Field: "scenario", Problem: fmt.Sprintf(
			"%q is neither a preset (%s) nor a file", nameOrPath, list(sim.Presets()))})
	}
	return s, usage(err)
}

// set applies one path=value.
func (l *loader) set(text string) error {
	path, value, ok := strings.Cut(text, "=")
	origin := "--set " + text
	if !ok {
		return &FieldError{Origin: origin, Problem: "want path=value, such as train.gamma=0.9"}
	}
	if path == "scenario" {
		return l.scenario(value, origin)
	}
	v, err := find(reflect.ValueOf(l.c), path)
	if err != nil {
		return &FieldError{Origin: origin, Field: path, Problem: err.Error()}
	}
	node, err := parse([]byte(value), origin)
	if err != nil {
		return err
	}
	if node == nil {
		node = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str"} // path= is the empty text
	}
	d := decoder{origin: func(*yaml.Node) string { return origin }, origins: l.origins}
	d.decode(node, v, path)
	return errors.Join(d.errs...)
}

// find returns the setting at a path like scenario.tasks.models[1].share;
// models.1.share is the same.
func find(v reflect.Value, path string) (reflect.Value, error) {
	for _, part := range strings.FieldsFunc(path, func(r rune) bool { return strings.ContainsRune(".[]", r) }) {
		if v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		switch v.Kind() {
		case reflect.Struct:
			field, ok := fieldByKey(v, part)
			if !ok {
				return v, fmt.Errorf("%s", strings.Replace(unknownKey(part, v.Type()), "key", "key "+part, 1))
			}
			v = field
		case reflect.Slice, reflect.Array:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= v.Len() {
				return v, fmt.Errorf("no entry %s; there are 0 to %d", part, v.Len()-1)
			}
			v = v.Index(i)
		default:
			return v, fmt.Errorf("there is nothing below it, so no %s", part)
		}
	}
	return v, nil
}

// locate adds the origin to every FieldError that has none.
func (l *loader) locate(err error) error {
	var out []error
	for _, e := range split(err) {
		var f *FieldError
		if errors.As(e, &f) && f.Origin == "" {
			f.Origin = l.originOf(f.Field)
		}
		out = append(out, e)
	}
	return errors.Join(out...)
}

// originOf returns the origin of a path or of its nearest ancestor that has one.
// The whole file is no such ancestor: a default is not on line 1.
func (l *loader) originOf(path string) string {
	for path != "" {
		if o, ok := l.origins[path]; ok {
			return o
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return ""
}
