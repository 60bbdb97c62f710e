package run

import (
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

func TestWhoPlays(t *testing.T) {
	for want, s := range map[string]kernels.Residency{
		"": {}, "the device plays the worlds": {Device: true, Bytes: 1}, "the host plays the worlds, slot by slot between graphs of the device: it is shy": {Why: "it is shy"},
	} {
		if got := whoPlays(s); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%+v: %q", s, got)
		}
	}
}
