package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// updateKey is the first key of every line.
const updateKey = "update"

// JSONL writes one JSON object per line.
type JSONL struct{ *file }

// OpenJSONL opens or creates the file at path and drops its lines after the
// given update; -1 drops all. A last line that a crash tore is dropped, too; any
// other line that cannot be read is an error, since good lines may follow it.
func OpenJSONL(path string, update int) (*JSONL, error) {
	data, err := read(path)
	if err != nil {
		return nil, err
	}
	keep := int64(0)
	if update >= 0 {
		if keep, err = linesUntil(data, update); err != nil {
			return nil, fmt.Errorf("record: %s:%w; correct the line or delete it", path, err)
		}
	}
	f, err := openFile(path, keep)
	if err != nil {
		return nil, err
	}
	return &JSONL{f}, nil
}

// linesUntil returns the length of the leading lines up to an update. A line and its end are written in one
// call, so only a line without an end can be incomplete.
func linesUntil(data []byte, update int) (keep int64, err error) {
	for n := 1; ; n++ {
		end := bytes.IndexByte(data[keep:], '\n')
		if end < 0 {
			return keep, nil
		}
		var line struct {
			Update *int `json:"update"`
		}
		err := json.Unmarshal(data[keep:][:end], &line)
		if err == nil && line.Update == nil {
			err = errors.New("no update")
		}
		if err != nil {
			return keep, fmt.Errorf("%d: not a record: %w", n, err)
		}
		if *line.Update > update {
			return keep, nil
		}
		keep += int64(end) + 1
	}
}

// Write appends {"update": .., "kind": .., name: value, ...} in this order.
func (j *JSONL) Write(update int, kind string, scalars []Scalar) error {
	line := fmt.Appendf(nil, `{"%s":%d,"kind":%s`, updateKey, update, quoted(kind))
	for _, s := range scalars {
		line = append(line, ',')
		line = append(line, quoted(s.Name)...)
		line = append(line, ':')
		line = append(line, number(s.Value)...)
	}
	return j.write(append(line, '}', '\n'))
}

// number formats a value; JSON has no NaN and no infinity, so they are strings.
func number(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return `"` + strconv.FormatFloat(v, 'g', -1, 64) + `"`
	}
	if float64(float32(v)) == v { // most values are float32 and need no more digits
		return strconv.FormatFloat(v, 'g', -1, 32)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

func quoted(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic("record: " + err.Error()) // a string always marshals
	}
	return b
}

// Line is one line of a JSONL file.
type Line struct {
	Update int
	Kind   string
	Values map[string]float64
}

// ReadJSONL returns the lines of the file at path. It leaves out a last line without an end, which is
// incomplete or still being written.
func ReadJSONL(path string) ([]Line, error) {
	data, err := read(path)
	if err != nil {
		return nil, err
	}
	var lines []Line
	whole := data[:bytes.LastIndexByte(data, '\n')+1]
	for n, text := range bytes.Split(whole, []byte("\n")) {
		if len(text) == 0 {
			continue
		}
		line, err := parseLine(text)
		if err != nil {
			return nil, fmt.Errorf("record: %s:%d: %w", path, n+1, err)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func parseLine(text []byte) (Line, error) {
	var raw map[string]any
	if err := json.Unmarshal(text, &raw); err != nil {
		return Line{}, err
	}
	line := Line{Values: map[string]float64{}}
	line.Kind, _ = raw["kind"].(string)
	delete(raw, "kind")
	for name, v := range raw {
		switch v := v.(type) {
		case float64:
			line.Values[name] = v
		case string:
			f, err := strconv.ParseFloat(v, 64)
			if err != nil {
				return Line{}, fmt.Errorf("%s is %q, not a number", name, v)
			}
			line.Values[name] = f
		}
	}
	line.Update = int(line.Values[updateKey])
	delete(line.Values, updateKey)
	return line, nil
}
