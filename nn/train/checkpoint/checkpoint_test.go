package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func sample(x float32) *State {
	return &State{
		Tensors: []Tensor{
			{"critic/w", []int{2, 3}, []float32{x, -1, 2.5, float32(math.Inf(1)), 1e-42, 0}},
			{"actor/b", []int{1}, []float32{7}},
			{"scalar", nil, []float32{3}},
			{"empty", []int{0, 4}, nil},
		},
		Blobs: map[string][]byte{"worlds": {1, 2, 3}, "nothing": {}},
		Meta:  map[string]string{"update": "12", "text": "ünïcode \"quoted\"\n"},
	}
}

// normal converts a state to the form that Read returns: sorted, without nil slices.
func normal(s *State) *State {
	n := &State{Tensors: sorted(s.Tensors), Blobs: s.Blobs, Meta: s.Meta}
	for i := range n.Tensors {
		n.Tensors[i].Shape = append([]int{}, n.Tensors[i].Shape...)
		n.Tensors[i].Data = append([]float32{}, n.Tensors[i].Data...)
	}
	return n
}

// digestIs compares the digest of a state with that of the file.
func digestIs(t *testing.T, s *State, path string) {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.SHA256()
	if want := fmt.Sprintf("%x", sha256.Sum256(file)); got != want || err != nil {
		t.Errorf("SHA256 is %s, that of the file is %s; %v", got, want, err)
	}
}

func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "latest.safetensors")
	want := sample(1)
	if err := Write(path, want); err != nil {
		t.Fatal(err)
	}
	got, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(normal(want), normal(got), cmpopts.IgnoreUnexported(State{})); d != "" {
		t.Error(d)
	}
	digestIs(t, got, path)
	if _, err := got.Tensor("critic/w", 2, 3); err != nil {
		t.Error(err)
	}
	if _, err := got.Tensor("critic/w", 3, 2); err == nil || !strings.Contains(err.Error(), "[2 3]") {
		t.Error(err)
	}
	if _, err := got.Tensor("critic/x"); err == nil {
		t.Error("found a tensor that is not there")
	}
}

// NaN payloads and the sign of zero survive: resuming is exact to the bit.
func TestBits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	bits := []uint32{0x7fc00001, 0xffc12345, 0x80000000, 1}
	var data []float32
	for _, b := range bits {
		data = append(data, math.Float32frombits(b))
	}
	if err := Write(path, &State{Tensors: []Tensor{{"x", []int{4}, data}}}); err != nil {
		t.Fatal(err)
	}
	s, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range s.Tensors[0].Data {
		if math.Float32bits(v) != bits[i] {
			t.Errorf("%08x became %08x", bits[i], math.Float32bits(v))
		}
	}
}

// The file is what the public description of safetensors says, read by hand.
func TestPublicFormat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	if err := Write(path, sample(1)); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := binary.LittleEndian.Uint64(raw)
	if n%8 != 0 || raw[8] != '{' {
		t.Fatalf("header of %d bytes starts with %q", n, raw[8])
	}
	var header map[string]struct {
		DType   string `json:"dtype"`
		Shape   []int  `json:"shape"`
		Offsets []int  `json:"data_offsets"`
	}
	if err := json.Unmarshal(raw[8:8+n], &header); err != nil {
		t.Fatal(err)
	}
	data := raw[8+n:]
	w := header["critic/w"]
	if w.DType != "F32" || len(w.Shape) != 2 || w.Offsets[1]-w.Offsets[0] != 24 || w.Offsets[0]%4 != 0 {
		t.Fatalf("%+v", w)
	}
	if v := math.Float32frombits(binary.LittleEndian.Uint32(data[w.Offsets[0]+8:])); v != 2.5 {
		t.Errorf("third float is %g", v)
	}
	b := header["worlds"]
	if !bytes.Equal(data[b.Offsets[0]:b.Offsets[1]], []byte{1, 2, 3}) || b.DType != "U8" {
		t.Errorf("%+v", b)
	}
	m := header["meta"]
	var meta map[string]string
	if err := json.Unmarshal(data[m.Offsets[0]:m.Offsets[1]], &meta); err != nil || meta["update"] != "12" {
		t.Errorf("meta %v, error %v", meta, err)
	}
}

// Encode gives the bytes of the file that Write writes, and Decode reads them.
func TestEncode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	if err := Write(path, sample(1)); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Encode(sample(1)); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, want %d, %v", len(got), len(want), err)
	}
	s, err := Decode(want, "a message")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(normal(sample(1)), normal(s), cmpopts.IgnoreUnexported(State{})); d != "" {
		t.Error(d)
	}
	if _, err := Decode(want[:len(want)-1], "a message"); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "a message") {
		t.Error(err)
	}
	if _, err := Encode(&State{Blobs: map[string][]byte{"meta": nil}}); err == nil || !strings.Contains(err.Error(), `"meta" is reserved`) {
		t.Error(err)
	}
}

func TestEqualStatesGiveEqualFiles(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	s := sample(1)
	if err := Write(a, s); err != nil {
		t.Fatal(err)
	}
	s.Tensors[0], s.Tensors[1] = s.Tensors[1], s.Tensors[0]
	if err := Write(b, s); err != nil {
		t.Fatal(err)
	}
	x, _ := os.ReadFile(a)
	y, _ := os.ReadFile(b)
	if !bytes.Equal(x, y) {
		t.Error("the order of tensors changes the file")
	}
}

func TestPreviousIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	for x := range 3 {
		if err := Write(path, sample(float32(x))); err != nil {
			t.Fatal(err)
		}
	}
	for file, want := range map[string]float32{path: 2, path + PrevSuffix: 1} {
		s, err := Read(file)
		if err != nil {
			t.Fatal(err)
		}
		if w, _ := s.Tensor("critic/w", 2, 3); w[0] != want {
			t.Errorf("%s holds %g, want %g", file, w[0], want)
		}
	}
	left, _ := filepath.Glob(path + "*" + TempSuffix)
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A crash between the two renames leaves both names on one file.
func TestWriteAfterCrashBetweenRenames(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	if err := Write(path, sample(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := keep(path); err != nil {
		t.Fatal(err)
	}
	for x := range 2 {
		if err := Write(path, sample(float32(x))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Read(path + PrevSuffix); err != nil {
		t.Error(err)
	}
}

// fullDisk accepts some bytes and then fails like a full disk.
type fullDisk struct {
	w    io.Writer
	left int
}

var errFull = errors.New("no space left on device")

func (d *fullDisk) Write(p []byte) (int, error) {
	if len(p) > d.left {
		n, _ := d.w.Write(p[:d.left])
		d.left = 0
		return n, errFull
	}
	d.left -= len(p)
	return d.w.Write(p)
}

func TestFullDiskKeepsTheOldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	for x := range 2 {
		if err := Write(path, sample(float32(x))); err != nil {
			t.Fatal(err)
		}
	}
	for room := range 200 {
		err := write(path, sample(9), func(w io.Writer) io.Writer { return &fullDisk{w, room} })
		if !errors.Is(err, errFull) || !strings.Contains(err.Error(), path) {
			t.Fatalf("room for %d bytes: %v", room, err)
		}
	}
	for file, want := range map[string]float32{path: 1, path + PrevSuffix: 0} {
		s, err := Read(file)
		if err != nil {
			t.Fatal(err)
		}
		if w, _ := s.Tensor("critic/w", 2, 3); w[0] != want {
			t.Errorf("%s holds %g, want %g", file, w[0], want)
		}
	}
	if _, err := os.Stat(path + TempSuffix); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the temporary file stayed")
	}
}

// Every change of a byte is found: it is an error, or, in the text of the header, makes the file one of another program.
func TestEveryDamageIsFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	if err := Write(path, sample(1)); err != nil {
		t.Fatal(err)
	}
	raw, _ := os.ReadFile(path)
	for n := range raw {
		if _, err := decode(bytes.NewReader(raw[:n]), int64(n)); err == nil {
			t.Fatalf("truncated to %d of %d bytes and not found", n, len(raw))
		}
		bad := bytes.Clone(raw)
		bad[n] ^= 0x04
		if s, err := decode(bytes.NewReader(bad), int64(len(bad))); err == nil && !s.Resaved {
			t.Fatalf("byte %d of %d changed and not found", n, len(raw))
		}
	}
	if err := os.WriteFile(path, raw[:len(raw)-1], 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := Read(path)
	if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), path) {
		t.Error(err)
	}
	if _, err := Read(path + "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// If the last rename fails, the old checkpoint is at path again, even if keep could not link and had to
// rename, as for a folder.
func TestFailedRenameRestores(t *testing.T) {
	dir := t.TempDir()
	file, folder := filepath.Join(dir, "file"), filepath.Join(dir, "folder")
	if err := errors.Join(os.WriteFile(file, nil, 0o666), os.Mkdir(folder, 0o777)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, folder} {
		if err := replace(filepath.Join(dir, "missing"), path); !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

// A disk that cannot be read does not make a checkpoint corrupt.
func TestReadErrorIsNoDamage(t *testing.T) {
	bad := errors.New("input/output error")
	_, err := readFrom(iotest.ErrReader(bad), 100, "c")
	if !errors.Is(err, bad) || errors.Is(err, ErrCorrupt) {
		t.Error(err)
	}
}

func TestWriteRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	for name, s := range map[string]*State{
		"shape":    {Tensors: []Tensor{{"x", []int{3}, make([]float32, 2)}}},
		"negative": {Tensors: []Tensor{{"x", []int{-1}, nil}}},
		"twice":    {Tensors: []Tensor{{"x", []int{0}, nil}}, Blobs: map[string][]byte{"x": nil}},
		"reserved": {Blobs: map[string][]byte{"meta": nil}},
		"metadata": {Blobs: map[string][]byte{"__metadata__": nil}},
	} {
		if err := Write(path, s); err == nil {
			t.Errorf("%s: written", name)
		}
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a refused state left a file")
	}
}

// FuzzRead: garbage gives an error or a state, never a panic or a huge allocation.
func FuzzRead(f *testing.F) {
	path := filepath.Join(f.TempDir(), "c")
	if err := Write(path, sample(1)); err != nil {
		f.Fatal(err)
	}
	raw, _ := os.ReadFile(path)
	f.Add(raw)
	f.Add(raw[:40])
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	f.Add([]byte(`                {"__metadata__":{"sha256":""},"a":{"dtype":"F32","shape":[9223372036854775807,2],"data_offsets":[0,-8]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := decode(bytes.NewReader(data), int64(len(data)))
		if err == nil {
			blobs, err := s.blobs()
			if err == nil {
				_, _, err = unsealed(s.Tensors, blobs)
			}
			if err != nil {
				t.Errorf("read but not writable: %v", err)
			}
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	path := filepath.Join(b.TempDir(), "c")
	s := &State{Tensors: []Tensor{{"x", []int{1 << 24}, make([]float32, 1<<24)}}}
	b.SetBytes(1 << 26)
	for b.Loop() {
		if err := Write(path, s); err != nil {
			b.Fatal(err)
		}
	}
}
