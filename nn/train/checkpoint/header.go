package checkpoint

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// The file is: 8 bytes header length (little endian), the header as JSON padded
// with spaces to a multiple of 8, then the data without gaps. Tensors are F32,
// blobs U8; F32 comes first, so every float is aligned.
const (
	metaKey      = "__metadata__"
	checksumKey  = "sha256" // in the metadata: hex SHA-256 of the file with this value all zeros
	checksumSize = 64
	maxHeader    = 100 << 20 // limit of the public format
)

var zeroChecksum = strings.Repeat("0", checksumSize)

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

// plan lays out the state: tensors by name, then blobs by name.
func plan(s *State) (*layout, error) {
	l := &layout{entries: map[string]entry{}, meta: maps.Clone(s.Meta)}
	if l.meta == nil {
		l.meta = map[string]string{}
	}
	if _, ok := l.meta[checksumKey]; ok {
		return nil, fmt.Errorf("checkpoint: the metadata key %q is reserved", checksumKey)
	}
	l.meta[checksumKey] = zeroChecksum
	for _, t := range sorted(s.Tensors) {
		if n, ok := product(t.Shape, math.MaxInt64/4); !ok || n != int64(len(t.Data)) {
			return nil, fmt.Errorf("checkpoint: tensor %q of shape %v holds %d floats", t.Name, t.Shape, len(t.Data))
		}
		if err := l.add(t.Name, "F32", t.Shape, 4*int64(len(t.Data))); err != nil {
			return nil, err
		}
	}
	for _, name := range sortedKeys(s.Blobs) {
		n := len(s.Blobs[name])
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

// parseHeader reads the JSON of a header that is followed by size bytes of data.
func parseHeader(text []byte, size int64) (*layout, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, fmt.Errorf("the header is not JSON: %w", err)
	}
	l := &layout{entries: map[string]entry{}, size: size}
	if err := json.Unmarshal(raw[metaKey], &l.meta); err != nil || len(l.meta[checksumKey]) != checksumSize {
		return nil, fmt.Errorf("the header has no checksum")
	}
	delete(raw, metaKey)
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
			return fmt.Errorf("%q has the type %q, not F32 or U8", name, e.DType)
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
