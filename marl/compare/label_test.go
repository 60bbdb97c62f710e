package compare

import (
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/sim"
)

// Groups that read other files are told apart by the beginnings of the digests.
func TestLabelsOfFiles(t *testing.T) {
	var k kinds
	for _, digest := range []string{strings.Repeat("0a", 32), strings.Repeat("0b", 32)} {
		k.index(map[string]string{"algo": "amarl", "scenario.tasks.arrivals.trace_file": sim.DigestPrefix + digest})
	}
	want := []string{"amarl trace_file=sha256:0a0a0a0a0a0a...", "amarl trace_file=sha256:0b0b0b0b0b0b..."}
	if got := k.labels("algo"); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
