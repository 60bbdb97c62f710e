package header

import (
	"strings"
	"testing"
)

// No text ends a comment, begins another or continues a line.
func TestCommentsStayComments(t *testing.T) {
	for _, text := range []string{"*/", "/*", "/*/", "*/*", "**//", "*\\", "\\*", "??/", "???/", "??/*", "*??/", "a\nb\r\x7f"} {
		got := clean(text)
		for _, bad := range []string{"*/", "/*", "??/", "\\", "\n", "\r", "\x7f"} {
			if strings.Contains(got, bad) {
				t.Errorf("%q becomes %q, which has %q", text, got, bad)
			}
		}
	}
}

// Names that differ have identifiers that differ.
func TestIdentifiersDiffer(t *testing.T) {
	n, seen := newNames("P_"), map[string]bool{}
	for _, name := range []string{"a.b", "a_b", "a b", "A_B", "a_b_1", "a_b_2", "ä"} {
		id := n.of(name)
		if seen[id] || strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
			t.Errorf("%q becomes %q", name, id)
		}
		seen[id] = true
	}
}
