package run

import (
	_ "embed"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Copies of the texts that document the settings, for embedding; a test keeps
// them equal to the originals.
//
//go:generate cp ../config.go docs/train.go.txt
//go:generate cp ../../sim/presets/paper.yaml docs/scenario.yaml

//go:embed docs/train.go.txt
var trainSource string

//go:embed docs/scenario.yaml
var scenarioSource string

// scenarioComments adds the comments of the preset paper.
func scenarioComments(all map[string]string) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(scenarioSource), &doc); err != nil {
		panic("run: embedded preset does not parse: " + err.Error())
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
