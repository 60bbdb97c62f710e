// Package checkpoint stores the whole state of a training run in one file in the safetensors format, so
// that other programs can read the networks. A checksum covers every byte, and a new file atomically
// replaces the one before. A file that another program has saved again is read too, see State.Resaved.
package checkpoint

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
)

// Tensor is one named array of floats in row-major order.
type Tensor struct {
	Name  string
	Shape []int // empty for a scalar
	Data  []float32
}

// State is the content of a checkpoint. Tensors and blobs share one name space. The order of tensors does
// not matter; Read returns them sorted by name.
type State struct {
	Tensors []Tensor
	Blobs   map[string][]byte // binary parts, such as replay indices and worlds
	Meta    map[string]string // short texts, such as counters and hashes

	// Resaved reports that another program wrote the file that was read, so its checksum is not that of the file. Write
	// ignores it.
	Resaved bool

	checksum string // in the file that was read, if Write wrote it
	digest   string // of the file that was read, if another program wrote it
}

// SHA256 is that of the file that was read, in hexadecimal digits, as long as the state is as it was read; "" for a state that was not. The
// file at its path may be another one since.
func (s *State) SHA256() (string, error) {
	if s.checksum == "" {
		return s.digest, nil
	}
	blobs, err := s.blobs()
	if err != nil {
		return "", err
	}
	header, _, err := unsealed(s.Tensors, blobs) // equal states give equal files
	if err != nil {
		return "", err
	}
	copy(header[checksumAt(header):], s.checksum)
	return writeAll(io.Discard, header, s.Tensors, blobs)
}

// metaBlob is the blob with Meta as a JSON object. It is no metadata of the header, which most programs drop when they
// save tensors that they have read.
const metaBlob = "meta"

// blobs are all blobs of the file: those of the state, and Meta.
func (s *State) blobs() (map[string][]byte, error) {
	if _, taken := s.Blobs[metaBlob]; taken {
		return nil, fmt.Errorf("checkpoint: the name %q is reserved", metaBlob)
	}
	meta := s.Meta
	if meta == nil {
		meta = map[string]string{} // JSON wants {}, not null
	}
	text, err := json.Marshal(meta)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	all := map[string][]byte{metaBlob: text}
	maps.Copy(all, s.Blobs)
	return all, nil
}

// takeMeta moves Meta out of the blobs.
func (s *State) takeMeta() error {
	text, ok := s.Blobs[metaBlob]
	if !ok {
		return fmt.Errorf("%w: it has no tensor %q, in which counters are kept", ErrLayout, metaBlob)
	}
	delete(s.Blobs, metaBlob)
	if err := json.Unmarshal(text, &s.Meta); err != nil {
		return fmt.Errorf("%w: its tensor %q is not a JSON object of texts: %w", ErrLayout, metaBlob, err)
	}
	return nil
}

// Tensor returns the data of a tensor of that name and shape.
func (s *State) Tensor(name string, shape ...int) ([]float32, error) {
	for i := range s.Tensors {
		t := &s.Tensors[i]
		if t.Name != name {
			continue
		}
		if !slices.Equal(t.Shape, shape) {
			return nil, fmt.Errorf("checkpoint: tensor %q has shape %v, want %v", name, t.Shape, shape)
		}
		return t.Data, nil
	}
	return nil, fmt.Errorf("checkpoint: no tensor %q", name)
}

// Blob returns the blob of that name.
func (s *State) Blob(name string) ([]byte, error) {
	b, ok := s.Blobs[name]
	if !ok {
		return nil, fmt.Errorf("checkpoint: no blob %q", name)
	}
	return b, nil
}

// product returns the number of elements of a shape; false for a negative size
// or more than limit elements.
func product(shape []int, limit int64) (int64, bool) {
	n := int64(1)
	for _, d := range shape {
		if d < 0 {
			return 0, false
		}
		if d == 0 {
			return 0, true
		}
		if n > limit/int64(d) {
			return 0, false
		}
		n *= int64(d)
	}
	return n, true
}
