package train

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/gmel-go/gmel/nn/train/record"
)

func TestProgress(t *testing.T) {
	for _, terminal := range []bool{false, true} {
		var out bytes.Buffer
		p := NewProgress(&out, nil)
		if terminal {
			p = NewProgress(&out, func() int { return 0 })
		}
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

// TestPaceOfOwnUpdates: what earlier processes computed makes no updates faster.
func TestPaceOfOwnUpdates(t *testing.T) {
	var out bytes.Buffer
	p := NewProgress(&out, nil)
	now := time.Unix(1e9, 0)
	p.now = func() time.Time { return now }
	p.Train(Status{Update: 0, Updates: 100})
	now = now.Add(10 * time.Second)
	p.Train(Status{Update: 60, Updates: 100, Earlier: 50})
	if text := out.String(); !strings.Contains(text, "1 updates/s, 40s left") {
		t.Error(text)
	}
}

// No redrawn line is as wide as the terminal, whose width may change meanwhile.
func TestProgressFits(t *testing.T) {
	for _, columns := range []int{1, 2, 20, 40, 79, 200} {
		var out bytes.Buffer
		p := NewProgress(&out, func() int { return columns })
		now := time.Unix(1e9, 0)
		p.now = func() time.Time { return now }
		for u := range 3 {
			p.Train(Status{Update: u, Updates: 100, Headline: "completion 50.0 %", Device: "überall"})
			now = now.Add(time.Second)
		}
		for _, line := range strings.Split(out.String(), "\r\x1b[K")[1:] {
			if n := len([]rune(line)); columns > 1 && n >= columns || n == 0 {
				t.Errorf("%d of %d columns: %q", n, columns, line)
			}
		}
	}
}

// A score of the untrained job says so, because it is shown until the first evaluation, and to the end without one.
func TestHeadlineAtTheStart(t *testing.T) {
	r := &runner{job: newFit()}
	for update, want := range map[int]string{0: "loss 0.500 at the start", 20: "loss 0.500"} {
		r.headline(record.Line{Update: update, Values: map[string]float64{"loss": 0.5}})
		if r.status.Headline != want {
			t.Errorf("update %d: %q, want %q", update, r.status.Headline, want)
		}
	}
}
