package record

import (
	"fmt"
	"testing"

	"github.com/gmel-go/gmel/internal/palette"
	"gonum.org/v1/plot/vg"
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

// A long name is not cut: the column of the legend is as wide as it.
func TestLegendHoldsItsNames(t *testing.T) {
	width := func(name string) vg.Length {
		n := newNames()
		p := Panel{Series: []Series{{Name: name, X: []float64{0, 1}, Y: []float64{0, 1}}}}
		if _, err := p.plot(n); err != nil {
			t.Fatal(err)
		}
		left := n.width() - n.legend.ThumbnailWidth
		if text := n.legend.TextStyle.Width(name); left <= text {
			t.Errorf("%v for %q, which takes %v", left, name, text)
		}
		return left
	}
	if short, long := width("amarl"), width("amarl attention=true lr_critic=0.004"); long < 3*short {
		t.Errorf("%v for a short name, %v for a long one", short, long)
	}
}
