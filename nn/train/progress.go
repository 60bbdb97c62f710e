package train

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Progress shows progress: on a terminal a line that is redrawn, elsewhere a line per 10 %.
type Progress struct {
	mu       sync.Mutex
	w        io.Writer
	terminal bool
	columns  func() int
	now      func() time.Time // the clock; tests have their own

	begin   time.Time
	first   int       // done at begin
	earlier int       // done by earlier processes, see Status
	tenths  int       // printed so far, off a terminal
	drawn   time.Time // zero: the line is clear
}

// redraw is the minimum time between two changes of a terminal's line.
const redraw = 100 * time.Millisecond

// NewProgress writes to w. Columns is the width of a terminal that can redraw a line, now, 0 where that is not
// known; a nil function is no such terminal.
func NewProgress(w io.Writer, columns func() int) *Progress {
	return &Progress{w: w, terminal: columns != nil, columns: columns, now: time.Now}
}

// Train shows the status of a training run.
func (p *Progress) Train(s Status) {
	note := ""
	for _, text := range []string{s.Headline, s.Device} {
		if text != "" {
			note += text + ", "
		}
	}
	p.mu.Lock()
	p.earlier = s.Earlier
	p.mu.Unlock()
	p.show("update", s.Update, s.Updates, note, "updates/s")
}

// Count shows a count, with its unit in the singular and the plural, such as "episode" and "episodes".
func (p *Progress) Count(one, many string) func(done, total int) {
	return func(done, total int) { p.show(one, done, total, "", many+"/s") }
}

func (p *Progress) show(what string, done, total int, note, unit string) {
	done = min(done, total) // the last step may exceed the number of updates
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.begin.IsZero() {
		p.begin, p.first = p.now(), done
		p.tenths = 10 * done / total
	}
	if p.terminal && p.now().Sub(p.drawn) < redraw || !p.terminal && 10*done/total <= p.tenths {
		return
	}
	p.tenths = 10 * done / total
	line := fmt.Sprintf("%3d %%  %s %d of %d, %s%s", 100*done/total, what, done, total, note, p.pace(done, total, unit))
	if p.terminal {
		fmt.Fprintf(p.w, "\r\x1b[K%s", p.fitted(line))
		p.drawn = p.now()
		return
	}
	fmt.Fprintln(p.w, line)
}

// fitted cuts a line that would wrap, since only its last row could be redrawn. The last column stays free: some
// terminals wrap when it is written.
func (p *Progress) fitted(line string) string {
	text, room := []rune(line), p.columns()-1
	if room < 1 || len(text) <= room {
		return line
	}
	return string(text[:room])
}

// pace is the speed and the remaining time.
func (p *Progress) pace(done, total int, unit string) string {
	elapsed := p.now().Sub(p.begin)
	first := max(p.first, p.earlier)
	if done <= first || elapsed <= 0 {
		return "starting"
	}
	rate := float64(done-first) / elapsed.Seconds()
	left := time.Duration(float64(total-done) / rate * float64(time.Second))
	return fmt.Sprintf("%.3g %s, %s left", rate, unit, left.Round(time.Second))
}

// Line prints a sentence on its own line, outside of the redrawn line.
func (p *Progress) Line(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	fmt.Fprintln(p.w, text)
}

// Done ends the redrawn line.
func (p *Progress) Done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

func (p *Progress) clear() {
	if !p.drawn.IsZero() {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.drawn = time.Time{}
	}
}
