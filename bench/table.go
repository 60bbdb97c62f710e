package bench

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/train"
)

// Text is the row for people: one line, then the profile.
func (r *Row) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-7s %-44s", r.Name, r.Shape)
	if r.Seconds > 0 {
		fmt.Fprintf(&b, " %9s +- %4.1f %%  %10.4g %s", duration(r.Seconds), 100*r.Spread/r.Seconds/2, r.Rate, r.Unit)
	}
	if r.Fraction > 0 {
		fmt.Fprintf(&b, "  %5.1f %% of the floor", 100*r.Fraction)
		if r.FloorOf != "" {
			fmt.Fprintf(&b, " of %s", r.FloorOf)
		}
	}
	b.WriteByte('\n')
	for _, s := range r.Profile {
		fmt.Fprintf(&b, "    %9s %5.1f %%", duration(s.Seconds), 100*s.Share)
		if s.Rate > 0 {
			fmt.Fprintf(&b, " %7.1f GFLOP/s %5.1f %%", s.Rate/1e9, 100*s.Fraction)
		} else {
			b.WriteString(strings.Repeat(" ", 24))
		}
		fmt.Fprintf(&b, "  %s\n", s.Op)
	}
	return b.String()
}

// PeerText is a line for each peer, and one for each of its ways that was left out.
func (r *Row) PeerText() string {
	var b strings.Builder
	for _, d := range r.Peers {
		if d.Error != "" {
			fmt.Fprintf(&b, "        %s: no ratio: %s\n", d.Peer, d.Error)
		} else {
			fmt.Fprintf(&b, "        %s (%s): %s against %s in turns, ratio %.2f [%.2f, %.2f], agrees to %.1g\n",
				d.Peer, d.Variant, duration(d.Seconds), duration(d.Own), d.Ratio, d.RatioLow, d.RatioHigh, d.Agreement)
		}
		for _, t := range d.Tried {
			if t.Error != "" {
				fmt.Fprintf(&b, "            left out, %s: %s\n", t.Variant, t.Error)
			}
		}
	}
	return b.String()
}

// Title says on what the rows were measured.
func (r *Row) Title() string {
	text := fmt.Sprintf("%s (%s), instruction set %s, threads %d", r.Backend, r.Device, r.ISA, r.Threads)
	if r.Precision != "" && r.Precision != kernels.FP32 {
		text += ", precision " + r.Precision
	}
	if r.PeakBefore > 0 {
		text += fmt.Sprintf(", peak of %s %.0f GFLOP/s", r.PeakOf, max(r.PeakBefore, r.PeakAfter)/1e9)
	}
	return text + "\n"
}

func duration(seconds float64) string {
	switch {
	case seconds >= 1:
		return fmt.Sprintf("%.3f s", seconds)
	case seconds >= 1e-3:
		return fmt.Sprintf("%.3f ms", seconds*1e3)
	}
	return fmt.Sprintf("%.2f us", seconds*1e6)
}

// machineLine is a heading of reports: what the rows share.
func machineLine(w io.Writer, rows []Row) {
	peers := map[string]bool{}
	for _, r := range rows {
		for _, d := range r.Peers {
			if d.Error == "" {
				peers[d.Peer] = true
			}
		}
	}
	fmt.Fprintf(w, "- processor: %s, %s; commit %s; %s\n", rows[0].Device, rows[0].ISA, cmp.Or(rows[0].Commit, train.UnknownRevision), rows[0].Go)
	for _, p := range sortedKeys(peers) {
		fmt.Fprintf(w, "- peer: %s\n", p)
	}
}
