package safetensors

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// Tensor is an array, row-major.
type Tensor struct {
	Shape []int
	Data  []float32
}

// entry is a tensor in the header.
type entry struct {
	DType   string   `json:"dtype"`
	Shape   []int64  `json:"shape"`
	Offsets []uint64 `json:"data_offsets"` // bytes [from, to) after the header
}

// metadata is the one name in the header that is no tensor.
const metadata = "__metadata__"

// lengthBytes is the size of the length of the header.
const lengthBytes = 8

// Decode reads the tensors of a file. An error says what is wrong with the file, as a part of a sentence.
func Decode(file []byte) (map[string]Tensor, error) {
	entries, data, err := split(file)
	if err != nil {
		return nil, err
	}
	tensors := map[string]Tensor{}
	end := uint64(0)
	for _, name := range inOrder(entries) {
		e := entries[name]
		if err := e.check(name, end, uint64(len(data))); err != nil {
			return nil, err
		}
		end = e.Offsets[1]
		tensors[name] = e.tensor(data)
	}
	if end != uint64(len(data)) {
		return nil, fmt.Errorf("bytes %d to %d of its data belong to no tensor", end, len(data))
	}
	return tensors, nil
}

// split separates the header from the data.
func split(file []byte) (entries map[string]entry, data []byte, err error) {
	if len(file) < lengthBytes {
		return nil, nil, fmt.Errorf("it has %d bytes and no header: it is no safetensors file", len(file))
	}
	n, rest := binary.LittleEndian.Uint64(file), file[lengthBytes:]
	if n > uint64(len(rest)) {
		return nil, nil, fmt.Errorf("its header has %d bytes and %d follow: it is cut off or no safetensors file", n, len(rest))
	}
	raw := map[string]json.RawMessage{}
	if err := json.Unmarshal(rest[:n], &raw); err != nil {
		return nil, nil, fmt.Errorf("its header is not JSON: %w", err)
	}
	delete(raw, metadata)
	entries = map[string]entry{}
	for name, text := range raw {
		var e entry
		if err := json.Unmarshal(text, &e); err != nil {
			return nil, nil, fmt.Errorf("the header's entry of tensor %s is %.60s, must have dtype, shape and data_offsets", name, text)
		}
		entries[name] = e
	}
	return entries, rest[n:], nil
}

// inOrder are the names in the order of their data; tensors without data come where they are.
func inOrder(entries map[string]entry) []string {
	names := sorted(entries)
	slices.SortStableFunc(names, func(a, b string) int {
		x, y := entries[a].Offsets, entries[b].Offsets
		return slices.Compare(x, y)
	})
	return names
}

// check compares an entry with the data; the tensor before it ends at from.
func (e *entry) check(name string, from, size uint64) error {
	if e.DType != "F32" {
		return fmt.Errorf("tensor %s has dtype %s, must be F32", name, e.DType)
	}
	n := uint64(4)
	for _, d := range e.Shape {
		if d < 0 || d > math.MaxInt32 || n != 0 && uint64(d) > size/n {
			return fmt.Errorf("tensor %s has shape %v, which is more than the file holds", name, e.Shape)
		}
		n *= uint64(d)
	}
	if len(e.Offsets) != 2 || e.Offsets[0] != from || e.Offsets[1] > size || e.Offsets[1]-from != n {
		return fmt.Errorf("tensor %s of shape %v has the bytes %v, must begin at %d and have %d", name, e.Shape, e.Offsets, from, n)
	}
	return nil
}

func (e *entry) tensor(data []byte) Tensor {
	t := Tensor{Shape: []int{}, Data: make([]float32, (e.Offsets[1]-e.Offsets[0])/4)}
	for _, d := range e.Shape {
		t.Shape = append(t.Shape, int(d))
	}
	for i := range t.Data {
		t.Data[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[e.Offsets[0]+4*uint64(i):]))
	}
	return t
}
