package setting

import (
	"bytes"
	"encoding/json"

	"go.yaml.in/yaml/v3"
)

// JSON is the document of the sections with all values in effect, in JSON, with the keys in their order. It is YAML, too, so a
// Reader reads it back to equal sections.
func JSON(sections []Section) json.RawMessage {
	var b bytes.Buffer
	writeJSON(&b, Encode(sections))
	return b.Bytes()
}

func writeJSON(b *bytes.Buffer, n *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		b.WriteByte('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			if i > 0 {
				b.WriteByte(',')
			}
			b.Write(jsonText(n.Content[i].Value))
			b.WriteByte(':')
			writeJSON(b, n.Content[i+1])
		}
		b.WriteByte('}')
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, c := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSON(b, c)
		}
		b.WriteByte(']')
	default:
		if plain := n.ShortTag() != "!!str" && json.Valid([]byte(n.Value)); plain {
			b.WriteString(n.Value)
		} else {
			b.Write(jsonText(n.Value)) // an infinity, too
		}
	}
}

func jsonText(s string) []byte {
	text, err := json.Marshal(s)
	if err != nil {
		panic("setting: a text does not encode: " + err.Error()) // every string does
	}
	return text
}
