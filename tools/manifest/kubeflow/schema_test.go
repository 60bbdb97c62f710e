package kubeflow

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// schema is what this package understands of an OpenAPI schema. It does not run rules in CEL.
type schema struct {
	Type            string             `json:"type"`
	Properties      map[string]*schema `json:"properties"`
	Values          *schema            `json:"additionalProperties"`
	Items           *schema            `json:"items"`
	Required        []string           `json:"required"`
	Enum            []any              `json:"enum"`
	Pattern         string             `json:"pattern"`
	Minimum         *float64           `json:"minimum"`
	IntOrString     bool               `json:"x-kubernetes-int-or-string"`
	PreservesFields bool               `json:"x-kubernetes-preserve-unknown-fields"`
}

// published is the schema of a kind in a file of a module, which the Go tool fetches once.
func published(t *testing.T, module, file, kind string) *schema {
	t.Helper()
	out, err := exec.Command("go", "mod", "download", "-json", module).Output()
	var m struct{ Dir, Error string }
	if e := json.Unmarshal(out, &m); e != nil || m.Dir == "" {
		t.Fatalf("%s: %v %v %s", module, err, e, m.Error)
	}
	data, err := os.ReadFile(filepath.Join(m.Dir, file))
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Spec struct {
			Names    struct{ Kind string }
			Versions []struct {
				Schema struct{ OpenAPIV3Schema schema }
			}
		}
	}
	if err := yaml.Unmarshal(data, &d); err != nil || d.Spec.Names.Kind != kind || len(d.Spec.Versions) != 1 {
		t.Fatalf("%s does not define one version of %s: %v", file, kind, err)
	}
	s := &d.Spec.Versions[0].Schema.OpenAPIV3Schema
	s.Properties["metadata"] = &schema{Type: "object", PreservesFields: true} // every API server knows it
	return s
}

// faults lists what an API server would refuse in a value, or drop.
func (s *schema) faults(at string, value any) (list []string) {
	switch x := value.(type) {
	case map[string]any:
		return s.faultsOfObject(at, x)
	case []any:
		if s.Type != "array" {
			return []string{at + " is a list"}
		}
		for i, item := range x {
			list = append(list, s.Items.faults(fmt.Sprintf("%s[%d]", at, i), item)...)
		}
		return list
	case string:
		if s.Type != "string" && !s.IntOrString || s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(x) {
			list = append(list, fmt.Sprintf("%s is %q", at, x))
		}
	case bool:
		if s.Type != "boolean" {
			list = append(list, at+" is a truth value")
		}
	case float64:
		if s.Type != "integer" && s.Type != "number" && !s.IntOrString || s.Minimum != nil && x < *s.Minimum || s.Type == "integer" && x != float64(int64(x)) {
			list = append(list, fmt.Sprintf("%s is %g", at, x))
		}
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, value) {
		list = append(list, fmt.Sprintf("%s is %v, allowed: %v", at, value, s.Enum))
	}
	return list
}

func (s *schema) faultsOfObject(at string, x map[string]any) (list []string) {
	if s.Type != "object" {
		return []string{at + " is an object"}
	}
	for _, name := range s.Required {
		if _, ok := x[name]; !ok {
			list = append(list, at+"."+name+" is missing")
		}
	}
	for name, value := range x {
		field := s.Properties[name]
		if field == nil {
			field = s.Values
		}
		switch {
		case field != nil:
			list = append(list, field.faults(at+"."+name, value)...)
		case !s.PreservesFields:
			list = append(list, at+"."+name+" is unknown")
		}
	}
	return list
}

// documents are those of a manifest; the tests of deploy compare it with what gmel prints.
func documents(t *testing.T, name string) (texts []string) {
	t.Helper()
	data, err := os.ReadFile("../../../deploy/testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(data), "\n---\n")
}

// check decodes a document without a key that is there twice, and looks for faults. Each of the wrong texts must be one.
func check(t *testing.T, s *schema, text string, wrong map[string]string) {
	t.Helper()
	decoded := func(text string) (x map[string]any) {
		if err := yaml.UnmarshalStrict([]byte(text), &x); err != nil {
			t.Fatal(err)
		}
		return x
	}
	if faults := s.faults("", decoded(text)); len(faults) > 0 {
		t.Errorf("%s", strings.Join(faults, "\n"))
	}
	for from, to := range wrong {
		bad := strings.Replace(text, from, to, 1)
		if faults := s.faults("", decoded(bad)); bad == text || len(faults) == 0 {
			t.Errorf("%s passes in place of %s", to, from)
		}
	}
}
