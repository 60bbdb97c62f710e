package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/internal/disk"
)

// ReadRows reads rows, one JSON object after the other, as `gmel bench --json` prints them. A row is printed before
// its peers begin, and again with them. So of each case it takes the last row with peers, or else the last row.
func ReadRows(r io.Reader) (rows []Row, err error) {
	dec := json.NewDecoder(r)
	for n := 1; ; n++ {
		var row Row
		if err := dec.Decode(&row); errors.Is(err, io.EOF) {
			return rows, nil
		} else if err != nil {
			return nil, fmt.Errorf("bench: row %d: %w", n, err)
		}
		at := slices.IndexFunc(rows, row.sameCase)
		switch {
		case at < 0:
			rows = append(rows, row)
		case len(row.Peers) > 0 || len(rows[at].Peers) == 0:
			rows[at] = row
		}
	}
}

// sameCase reports whether two rows are of the same case with the same backend, device and settings.
func (r *Row) sameCase(o Row) bool {
	return r.Name == o.Name && r.Shape == o.Shape && r.Backend == o.Backend && r.Device == o.Device && r.ISA == o.ISA &&
		r.Threads == o.Threads && r.Precision == o.Precision
}

// compared reports whether the row has a ratio to a peer.
func (r *Row) compared() bool {
	return slices.ContainsFunc(r.Peers, func(d Duel) bool { return d.Error == "" })
}

// Report writes peers.json, peers.md and peers.png into the folder: all rows, a table and a picture
// of the ratios.
func Report(folder string, rows []Row) error {
	if !slices.ContainsFunc(rows, func(r Row) bool { return r.compared() }) {
		return errors.New("bench: no row has a ratio to a peer, so there is nothing to compare")
	}
	data, err := json.MarshalIndent(rows, "", " ")
	if err != nil {
		return err
	}
	picture, err := plotRatios(rows)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	for name, content := range map[string][]byte{"peers.json": append(data, '\n'), "peers.md": []byte(Markdown(rows)), "peers.png": picture} {
		if err := disk.Write(filepath.Join(folder, name), content); err != nil {
			return err
		}
	}
	return nil
}

// Markdown is the table of all rows with peers.
func Markdown(rows []Row) string {
	var b bytes.Buffer
	b.WriteString("# Side by side with peers\n\n")
	machineLine(&b, rows)
	b.WriteString("- command: `make bench-peers`, of UNet-lite `make bench-unet`; both sides in turns in one run, medians, quartiles of the ratio in brackets\n")
	b.WriteString("- at most: the ratio if ours took as long as its arithmetic at the measured peak, or its traffic at the rate of a copy: the floor\n")
	b.WriteString("- losses and gradients, or what a rollout shows, agree to the number in the column, relative to the largest element of each tensor\n\n")
	b.WriteString("| work | size | threads | ours | of the floor | peer | its best way | its time | ratio | at most | goal | | agrees to |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range rows {
		for _, d := range r.Peers {
			b.WriteString(d.line(&r))
		}
	}
	b.WriteString("\nEvery way that was tried:\n\n")
	for _, r := range rows {
		for _, d := range r.Peers {
			var tried []string
			for _, t := range d.Tried {
				tried = append(tried, t.text())
			}
			fmt.Fprintf(&b, "- %s %s, %d threads, %s: %s\n", r.Name, r.Shape, r.Threads, short(d.Peer), strings.Join(tried, "; "))
		}
	}
	return b.String()
}

// line is the duel in the table.
func (d *Duel) line(r *Row) string {
	head := fmt.Sprintf("| %s | %s | %d |", r.Name, r.Shape, r.Threads)
	if d.Error != "" {
		return fmt.Sprintf("%s %s | - | %s | no ratio: %s |\n", head, duration(r.Seconds), short(d.Peer), cell(d.Error))
	}
	goal, share, most := "-", "-", "-"
	if d.Goal > 0 {
		goal = fmt.Sprintf("%g", d.Goal)
	}
	if r.Floor > 0 {
		share, most = fmt.Sprintf("%.0f %%", 100*r.Floor/d.Own), fmt.Sprintf("%.2f", d.Seconds/r.Floor)
	}
	return fmt.Sprintf("%s %s | %s | %s | %s | %s | **%.2f** [%.2f, %.2f] | %s | %s | %s | %.0e |\n", head,
		duration(d.Own), share, short(d.Peer), d.Variant, duration(d.Seconds), d.Ratio, d.RatioLow, d.RatioHigh, most, goal, d.verdict(r.Floor), d.Agreement)
}

// text is the way with its time, or with the reason why it has none.
func (t *Tried) text() string {
	if t.Error != "" {
		return fmt.Sprintf("%s left out: %s", t.Variant, t.Error)
	}
	return fmt.Sprintf("%s %s", t.Variant, duration(t.Seconds))
}

// cell is a text that a table can hold.
func cell(text string) string {
	return strings.NewReplacer("|", "/", "\n", " ").Replace(text)
}

// verdict says whether the goal, a ratio, was reached. floor is the time of our arithmetic at the peak, in
// seconds: a goal that needs less time is out of reach.
func (d *Duel) verdict(floor float64) string {
	switch {
	case d.Goal == 0:
		return ""
	case d.Ratio >= d.Goal:
		return "reached"
	case floor > 0 && d.Seconds/floor < d.Goal:
		return "out of reach"
	}
	return "missed"
}

// short is a peer's name without its version.
func short(peer string) string {
	name, _, _ := strings.Cut(peer, " ")
	return name
}

func sortedKeys(m map[string]bool) []string { return slices.Sorted(maps.Keys(m)) }
