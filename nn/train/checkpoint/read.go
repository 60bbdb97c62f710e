package checkpoint

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
)

// Read returns the state in the file at path after checking every size and the
// checksum. A file that another program wrote has no checksum of its own, and is
// Resaved. Errors name the file and what is wrong; a missing file is
// fs.ErrNotExist, a damaged one ErrCorrupt, a sound file that is no checkpoint of
// this version ErrLayout, one that cannot be read none of them.
func Read(path string) (*State, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	if info.IsDir() {
		return nil, fmt.Errorf("checkpoint: %s is a folder", path)
	}
	return readFrom(f, info.Size(), path)
}

// Decode is Read for the bytes of a file, as Encode gives them; errors call them name.
func Decode(data []byte, name string) (*State, error) {
	return readFrom(bytes.NewReader(data), int64(len(data)), name)
}

func readFrom(r io.Reader, size int64, path string) (*State, error) {
	source := &remembering{r: r}
	s, err := decode(bufio.NewReaderSize(source, 1<<20), size)
	if source.err != nil {
		return nil, fmt.Errorf("checkpoint: %w", source.err)
	}
	if errors.Is(err, ErrLayout) {
		return nil, fmt.Errorf("checkpoint: %s is %w", path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %s is %w: %w", path, ErrCorrupt, err)
	}
	return s, nil
}

// remembering stores the error of a reader, to distinguish a disk that cannot be read from a file with
// wrong content.
type remembering struct {
	r   io.Reader
	err error
}

func (r *remembering) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// ErrCorrupt is in the chain of errors about damaged files, ErrLayout in that of errors about sound files.
var (
	ErrCorrupt = errors.New("corrupt or truncated")
	ErrLayout  = errors.New("not a checkpoint of this version of gmel")
)

// decode reads a file of size bytes. Its allocations are bounded by size.
func decode(r io.Reader, size int64) (*State, error) {
	header, l, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	sum, own := l.checksum(header)
	if own {
		copy(header[checksumAt(header):], zeroChecksum)
	}
	h := sha256.New()
	h.Write(header)
	s, err := readData(io.TeeReader(r, h), l)
	if err != nil {
		return nil, err
	}
	if err := s.seal(hex.EncodeToString(h.Sum(nil)), sum, own); err != nil {
		return nil, err
	}
	if l.meta["update"] != "" && s.Blobs[metaBlob] == nil {
		return nil, fmt.Errorf("%w: an earlier version wrote it, whose networks are not divided into layers; go on with that version, or train anew", ErrLayout)
	}
	return s, s.takeMeta()
}

// seal compares the digest of what was read with the recorded one. A file of another program has none.
func (s *State) seal(digest, recorded string, own bool) error {
	switch {
	case !own:
		s.Resaved, s.digest = true, digest
	case digest != recorded:
		return fmt.Errorf("its SHA-256 begins with %.12s, recorded was %.12s", digest, recorded)
	default:
		s.checksum = recorded
	}
	return nil
}

func readHeader(r io.Reader, size int64) ([]byte, *layout, error) {
	if size < 8 {
		return nil, nil, fmt.Errorf("%d bytes are too few", size)
	}
	prefix := make([]byte, 8)
	if _, err := io.ReadFull(r, prefix); err != nil {
		return nil, nil, err
	}
	n := binary.LittleEndian.Uint64(prefix)
	if n > maxHeader || int64(n) > size-8 {
		return nil, nil, fmt.Errorf("a header of %d bytes is said to be in %d bytes", n, size)
	}
	header := make([]byte, 8+n)
	copy(header, prefix)
	if _, err := io.ReadFull(r, header[8:]); err != nil {
		return nil, nil, err
	}
	l, err := parseHeader(header[8:], size-8-int64(n))
	return header, l, err
}

func readData(r io.Reader, l *layout) (*State, error) {
	s := &State{Blobs: map[string][]byte{}}
	for _, name := range l.names {
		e := l.entries[name]
		raw := e.Offsets[1] - e.Offsets[0]
		var err error
		if e.DType == "U8" {
			blob := make([]byte, raw)
			_, err = io.ReadFull(r, blob)
			s.Blobs[name] = blob
		} else {
			t := Tensor{Name: name, Shape: e.Shape, Data: make([]float32, raw/4)}
			err = readFloats(r, t.Data)
			s.Tensors = append(s.Tensors, t)
		}
		if err != nil {
			return nil, fmt.Errorf("data of %q: %w", name, err)
		}
	}
	s.Tensors = sorted(s.Tensors)
	return s, nil
}

func readFloats(r io.Reader, to []float32) error {
	buf := make([]byte, 1<<16)
	for len(to) > 0 {
		n := min(len(to), len(buf)/4)
		if _, err := io.ReadFull(r, buf[:4*n]); err != nil {
			return err
		}
		for i := range n {
			to[i] = math.Float32frombits(binary.LittleEndian.Uint32(buf[4*i:]))
		}
		to = to[n:]
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
