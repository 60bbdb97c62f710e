package run

import (
	"strings"

	"github.com/gmel-go/gmel/sim"
	"go.yaml.in/yaml/v3"
)

// scenarioComments adds the comments of the preset paper.
func scenarioComments(all map[string]string) {
	var doc yaml.Node
	source, err := sim.PresetSource(defaultScenario)
	if err == nil {
		err = yaml.Unmarshal(source, &doc)
	}
	if err != nil {
		panic("run: " + err.Error())
	}
	collect(all, "scenario", doc.Content[0])
}

func collect(all map[string]string, path string, n *yaml.Node) {
	if n.Kind == yaml.SequenceNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := path + "." + key.Value
		text := meaning(key.HeadComment, value.LineComment)
		if text != "" && at != "scenario.name" { // the head comment of the file
			all[at] = text
		}
		collect(all, at, value)
	}
}

// meaning joins the comments above and beside a key, without their marks.
func meaning(head, line string) string {
	var parts []string
	for text := range strings.Lines(head) {
		parts = append(parts, strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), "#")))
	}
	if line != "" {
		text := strings.TrimSpace(strings.TrimPrefix(line, "#"))
		parts = append(parts, strings.TrimSuffix(text, "; our choice"))
	}
	return strings.Join(parts, "\n")
}
