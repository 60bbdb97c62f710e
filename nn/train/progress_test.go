package train

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestProgress(t *testing.T) {
	for _, terminal := range []bool{false, true} {
		var out bytes.Buffer
		p := NewProgress(&out, terminal)
		now := time.Unix(1e9, 0)
		p.now = func() time.Time { return now }
		for u := range 101 {
			p.Train(Status{Update: u, Updates: 100, Headline: "completion 50.0 %"})
			now = now.Add(time.Second)
		}
		p.Line("a notice")
		p.Done()
		text := out.String()
		if lines := strings.Count(text, "\n"); !terminal && lines != 11 || terminal && lines != 1 {
			t.Errorf("%d lines in\n%s", lines, text)
		}
		if !strings.Contains(text, " 50 %  update 50 of 100, completion 50.0 %, 1 updates/s, 50s left") {
			t.Error(text)
		}
		if terminal != strings.Contains(text, "\r\x1b[K") || terminal != strings.Contains(text, "\x1b[Ka notice\n") {
			t.Errorf("%q", text)
		}
	}
}
