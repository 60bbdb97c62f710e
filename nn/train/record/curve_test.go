package record

import (
	"fmt"
	"testing"

	"github.com/gmel-go/gmel/internal/palette"
)

// Lines of a picture can be told apart: twice as many names as colours have as many styles.
func TestStyles(t *testing.T) {
	n, seen := newNames(), map[string]string{}
	for i := range 2 * len(palette.Series) {
		name := fmt.Sprint("line ", i)
		style := fmt.Sprint(n.style(name, false))
		if other, taken := seen[style]; taken {
			t.Errorf("%s and %s have one style, %s", other, name, style)
		}
		seen[style] = name
	}
}
