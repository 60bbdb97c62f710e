package bench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// longestRow is the length of the longest row that Show reads, in bytes; rows with peers and a profile have a few kilobytes.
const longestRow = 1 << 24

// Show writes rows of every kind, as --json printed them, as text for people, each kind under its title. Lines that are no rows,
// such as the last one of a benchmark that was killed, are counted at the end.
func Show(w io.Writer, rows io.Reader) error {
	lines, strange := bufio.NewScanner(rows), 0
	lines.Buffer(nil, longestRow)
	var s shower
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		text, err := s.text(lines.Bytes())
		if err != nil {
			strange++
			continue
		}
		if _, err := io.WriteString(w, text); err != nil {
			return fmt.Errorf("bench: the rows cannot be written: %w", err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("bench: the rows cannot be read: %w", err)
	}
	if strange > 0 {
		_, err := fmt.Fprintf(w, "%d lines are no rows\n", strange)
		return err
	}
	return nil
}

// shower remembers the last row and title that it has shown.
type shower struct {
	title string
	row   Row
}

// text is a row, with the title of its kind if that differs from the last one.
func (s *shower) text(line []byte) (string, error) {
	var kind struct{ Name string }
	if err := json.Unmarshal(line, &kind); err != nil {
		return "", err
	}
	switch kind.Name {
	case "":
		return "", fmt.Errorf("bench: %.40q is no row", line)
	case "sim":
		var r SimRow
		err := json.Unmarshal(line, &r)
		return s.under("", r.Text()), err
	case "train":
		var r TrainRow
		err := json.Unmarshal(line, &r)
		return s.under(TrainTitle(r), r.Text()), err
	case "ranks":
		var r RanksRow
		err := json.Unmarshal(line, &r)
		return s.under(RanksTitle(r), r.Text()), err
	case "model-ranks":
		var r ModelRanksRow
		err := json.Unmarshal(line, &r)
		return s.under(ModelRanksTitle(r), r.Text()), err
	}
	var r Row
	if err := json.Unmarshal(line, &r); err != nil {
		return "", err
	}
	again := len(r.Peers) > 0 && s.row.sameCase(r) // it was printed before its peers began
	s.row = r
	text := r.PeerText()
	if !again {
		text = r.Text() + text
	}
	r.PeakBefore, r.PeakAfter = 0, 0 // they differ from row to row
	return s.under(r.Title(), text), nil
}

func (s *shower) under(title, text string) string {
	if title == s.title {
		return text
	}
	s.title = title
	return title + text
}
