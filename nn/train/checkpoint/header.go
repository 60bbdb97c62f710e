package checkpoint

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
)

// The file is: 8 bytes header length (little endian), the header as JSON padded
// with spaces to a multiple of 8, then the data without gaps. Tensors are F32,
// blobs U8; F32 comes first, so every float is aligned. The keys of the header are
// sorted, so equal states give equal files, and a header with another text shows
// that another program wrote it.
const (
	metaKey      = "__metadata__"
	checksumKey  = "sha256" // the only metadata: hex SHA-256 of the file with this value all zeros
	checksumSize = 64
	maxHeader    = 100 << 20 // limit of the public format
)

var zeroChecksum = strings.Repeat("0", checksumSize)

// checksumPrefix is the text of the header before the checksum. It occurs nowhere else: JSON escapes the quotes in a name.
const checksumPrefix = `"` + metaKey + `":{"` + checksumKey + `":"`

// entry describes one array in the header.
type entry struct {
	DType   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// layout is a parsed or planned header: names in the order of their data.
type layout struct {
	names   []string
	entries map[string]entry
	meta    map[string]string
	size    int64 // bytes of data
}

// plan lays out the tensors by name, then the blobs by name.
func plan(tensors []Tensor, blobs map[string][]byte) (*layout, error) {
	l := &layout{entries: map[string]entry{}, meta: map[string]string{checksumKey: zeroChecksum}}
	for _, t := range sorted(tensors) {
		if n, ok := product(t.Shape, math.MaxInt64/4); !ok || n != int64(len(t.Data)) {
			return nil, fmt.Errorf("checkpoint: tensor %q of shape %v holds %d floats", t.Name, t.Shape, len(t.Data))
		}
		if err := l.add(t.Name, "F32", t.Shape, 4*int64(len(t.Data))); err != nil {
			return nil, err
		}
	}
	for _, name := range sortedKeys(blobs) {
		n := len(blobs[name])
		if err := l.add(name, "U8", []int{n}, int64(n)); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (l *layout) add(name, dtype string, shape []int, bytes int64) error {
	if _, ok := l.entries[name]; ok || name == metaKey {
		return fmt.Errorf("checkpoint: the name %q is taken", name)
	}
	if shape == nil {
		shape = []int{} // JSON wants [], not null
	}
	l.names = append(l.names, name)
	l.entries[name] = entry{dtype, shape, [2]int64{l.size, l.size + bytes}}
	l.size += bytes
	return nil
}

// sorted returns the tensors by name.
func sorted(tensors []Tensor) []Tensor {
	return slices.SortedFunc(slices.Values(tensors), func(a, b Tensor) int { return strings.Compare(a.Name, b.Name) })
}

// encode returns the length and the JSON, padded.
func (l *layout) encode() ([]byte, error) {
	all := map[string]any{metaKey: l.meta}
	for name, e := range l.entries {
		all[name] = e
	}
	text, err := json.Marshal(all)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	for len(text)%8 != 0 {
		text = append(text, ' ')
	}
	if len(text) > maxHeader {
		return nil, fmt.Errorf("checkpoint: a header of %d bytes is above the format's %d", len(text), maxHeader)
	}
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), nil
}

// checksum is the checksum in the text of a header that this package wrote; ok is false for the header of another program.
func (l *layout) checksum(header []byte) (sum string, ok bool) {
	sum = l.meta[checksumKey]
	if len(sum) != checksumSize || len(l.meta) != 1 {
		return "", false
	}
	own, err := l.encode()
	return sum, err == nil && bytes.Equal(own, header)
}

// parseHeader reads the JSON of a header that is followed by size bytes of data.
func parseHeader(text []byte, size int64) (*layout, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, fmt.Errorf("the header is not JSON: %w", err)
	}
	l := &layout{entries: map[string]entry{}, size: size}
	if text, ok := raw[metaKey]; ok {
		if err := json.Unmarshal(text, &l.meta); err != nil {
			return nil, fmt.Errorf("the header's metadata are not texts: %w", err)
		}
		delete(raw, metaKey)
	}
	for name, text := range raw {
		var e entry
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&e); err != nil {
			return nil, fmt.Errorf("header of %q: %w", name, err)
		}
		l.names = append(l.names, name)
		l.entries[name] = e
	}
	return l, l.check()
}

// check orders the names by position. It checks that every array fits its shape and that the arrays
// fill the data without gaps.
func (l *layout) check() error {
	slices.SortFunc(l.names, func(a, b string) int {
		x, y := l.entries[a].Offsets, l.entries[b].Offsets
		if c := slices.Compare(x[:], y[:]); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	at := int64(0)
	for _, name := range l.names {
		e := l.entries[name]
		width, ok := map[string]int64{"F32": 4, "U8": 1}[e.DType]
		if !ok {
			return fmt.Errorf("%w: %q has the type %q; allowed: F32 and U8", ErrLayout, name, e.DType)
		}
		n, ok := product(e.Shape, l.size)
		if !ok || e.Offsets[0] != at || e.Offsets[1] != at+n*width || e.Offsets[1] > l.size {
			return fmt.Errorf("%q of shape %v lies at bytes %v of %d", name, e.Shape, e.Offsets, l.size)
		}
		at = e.Offsets[1]
	}
	if at != l.size {
		return fmt.Errorf("it holds %d bytes of data, its header describes %d", l.size, at)
	}
	return nil
}
