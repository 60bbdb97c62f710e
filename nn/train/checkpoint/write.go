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
	"math"
	"os"
	"path/filepath"

	"github.com/gmel-go/gmel/internal/disk"
)

// Suffixes of the files beside a checkpoint.
const (
	TempSuffix = disk.TempSuffix // being written, never valid
	PrevSuffix = ".prev"         // the checkpoint before
)

// Write replaces the checkpoint at path by the state. At every moment path is a whole checkpoint, old or
// new; the old one remains at path.prev. If Write fails, path is unchanged and no temporary file remains;
// path.prev is unchanged too, or the same checkpoint as path if only the last rename failed. On file
// systems without hard links, a crash between two renames leaves only path.prev.
func Write(path string, s *State) error {
	return write(path, s, func(w io.Writer) io.Writer { return w })
}

// Encode returns the file that Write writes, for a state that is kept beside the checkpoints. Read reads it.
func Encode(s *State) ([]byte, error) {
	blobs, err := s.blobs()
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	header, size, err := unsealed(s.Tensors, blobs)
	if err != nil {
		return nil, err
	}
	file := bytes.NewBuffer(make([]byte, 0, size))
	sum, err := writeAll(file, header, s.Tensors, blobs)
	copy(file.Bytes()[checksumAt(header):], sum)
	return file.Bytes(), err
}

// checksumAt is where the checksum is in a header that has one.
func checksumAt(header []byte) int64 {
	return int64(bytes.Index(header, []byte(checksumPrefix)) + len(checksumPrefix))
}

// write is Write with a hook, so that a test can simulate a faulty disk.
func write(path string, s *State, faulty func(io.Writer) io.Writer) error {
	blobs, err := s.blobs()
	if err != nil {
		return fmt.Errorf("checkpoint: writing %s: %w", path, err)
	}
	header, size, err := unsealed(s.Tensors, blobs)
	if err != nil {
		return fmt.Errorf("checkpoint: writing %s: %w", path, err)
	}
	tmp, err := disk.Prepare(path, size, func(f *os.File) error {
		sum, err := writeAll(faulty(f), header, s.Tensors, blobs)
		if err == nil {
			_, err = f.WriteAt([]byte(sum), checksumAt(header))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("checkpoint: writing %s: %w", path, err)
	}
	if err := replace(tmp, path); err != nil {
		return errors.Join(err, removeTemp(tmp))
	}
	if err := disk.SyncFolder(filepath.Dir(path)); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// replace makes the file at path the previous one and tmp the file at path.
func replace(tmp, path string) error {
	moved, err := keep(path)
	if err != nil {
		return fmt.Errorf("checkpoint: keeping %s as %s: %w", path, path+PrevSuffix, disk.Explain(path, 0, err))
	}
	if err = os.Rename(tmp, path); err == nil {
		return nil
	}
	if moved {
		err = errors.Join(err, os.Rename(path+PrevSuffix, path))
	}
	return fmt.Errorf("checkpoint: %w", disk.Explain(path, 0, err))
}

// unsealed returns the header with a zero checksum, and the size of the file in bytes.
func unsealed(tensors []Tensor, blobs map[string][]byte) (header []byte, size int64, err error) {
	l, err := plan(tensors, blobs)
	if err != nil {
		return nil, 0, err
	}
	header, err = l.encode()
	return header, int64(len(header)) + l.size, err
}

// writeAll writes the header and the data and returns their checksum.
func writeAll(to io.Writer, header []byte, tensors []Tensor, blobs map[string][]byte) (string, error) {
	h := sha256.New()
	w := bufio.NewWriterSize(io.MultiWriter(to, h), 1<<20)
	if _, err := w.Write(header); err != nil {
		return "", err
	}
	if err := writeData(w, tensors, blobs); err != nil {
		return "", err
	}
	err := w.Flush()
	return hex.EncodeToString(h.Sum(nil)), err
}

// writeData writes the arrays in the order of plan.
func writeData(w io.Writer, tensors []Tensor, blobs map[string][]byte) error {
	buf := make([]byte, 0, 1<<16)
	for _, t := range sorted(tensors) {
		for rest := t.Data; len(rest) > 0; {
			n := min(len(rest), cap(buf)/4)
			buf = buf[:0]
			for _, v := range rest[:n] {
				buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
			}
			if _, err := w.Write(buf); err != nil {
				return err
			}
			rest = rest[n:]
		}
	}
	for _, name := range sortedKeys(blobs) {
		if _, err := w.Write(blobs[name]); err != nil {
			return err
		}
	}
	return nil
}

// keep makes the file at path also available at path.prev. With a hard link, path stays in place. On file
// systems without links it renames path, which moved reports; a crash then leaves only path.prev, to which
// readers fall back.
func keep(path string) (moved bool, err error) {
	if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	prev, link := path+PrevSuffix, path+PrevSuffix+TempSuffix
	if err := removeTemp(link); err != nil {
		return false, err
	}
	if err := os.Link(path, link); err != nil {
		return true, os.Rename(path, prev)
	}
	// Renaming one link of a file over another of the same file leaves both, so
	// the link is removed in any case.
	return false, errors.Join(os.Rename(link, prev), removeTemp(link))
}

func removeTemp(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
