package header

import (
	"fmt"
	"strings"
)

// names makes identifiers of C, each once.
type names struct {
	prefix string
	taken  map[string]bool
}

func newNames(prefix string) *names { return &names{prefix, map[string]bool{}} }

// of is the identifier for a name: capital letters, digits and underscores.
func (n *names) of(name string) string {
	id := n.prefix + strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, name)
	for unique := id; ; unique = fmt.Sprintf("%s_%d", id, len(n.taken)) {
		if !n.taken[unique] {
			n.taken[unique] = true
			return unique
		}
	}
}

// clean is a text that can stand in a comment of C and on one line. What it replaces is legal in a name that a user chose.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
	// One after the other, since each can make what the next one looks for. ??/ is a backslash, too.
	for _, pair := range [][2]string{{"\\", "/"}, {"??/", "? ?/"}, {"*/", "* /"}, {"/*", "/ *"}} {
		text = strings.ReplaceAll(text, pair[0], pair[1])
	}
	return text
}
