package checkpoint

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// array is a tensor of a file of another program.
type array struct {
	name, dtype string
	shape       []int
	data        []byte
}

// arrays are what a program that reads a checkpoint of the state gets: the tensors, then the bytes.
func arrays(t *testing.T, s *State) (list []array) {
	t.Helper()
	for _, x := range sorted(s.Tensors) {
		a := array{name: x.Name, dtype: "F32", shape: append([]int{}, x.Shape...)}
		for _, v := range x.Data {
			a.data = binary.LittleEndian.AppendUint32(a.data, math.Float32bits(v))
		}
		list = append(list, a)
	}
	blobs, err := s.blobs()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sortedKeys(blobs) {
		list = append(list, array{name, "U8", []int{len(blobs[name])}, blobs[name]})
	}
	return list
}

// save writes a file like the safetensors library of Python: the header lists the arrays in the order of their data,
// larger types first, and there is no metadata unless it is given.
func save(t *testing.T, path string, list []array, metadata map[string]string) {
	t.Helper()
	var parts []string
	var data []byte
	if metadata != nil {
		text, err := json.Marshal(metadata)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, `"__metadata__":`+string(text))
	}
	for _, a := range list {
		shape, err := json.Marshal(a.shape)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, fmt.Sprintf(`%q:{"dtype":%q,"shape":%s,"data_offsets":[%d,%d]}`, a.name, a.dtype, shape, len(data), len(data)+len(a.data)))
		data = append(data, a.data...)
	}
	header := []byte("{" + strings.Join(parts, ",") + "}")
	for len(header)%8 != 0 {
		header = append(header, ' ')
	}
	file := slices.Concat(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header, data)
	if err := os.WriteFile(path, file, 0o666); err != nil {
		t.Fatal(err)
	}
}

// A file that another program saved again is read, with or without the metadata of the old one, and says so.
func TestResaved(t *testing.T) {
	for name, metadata := range map[string]map[string]string{
		"without metadata": nil,
		"PyTorch's":        {"format": "pt"},
		"the old checksum": {"sha256": strings.Repeat("ab", 32)},
	} {
		path := filepath.Join(t.TempDir(), "c")
		save(t, path, arrays(t, sample(1)), metadata)
		got, err := Read(path)
		if err != nil || !got.Resaved {
			t.Fatalf("%s: %+v, %v", name, got, err)
		}
		if d := cmp.Diff(normal(sample(1)), normal(got), cmpopts.IgnoreUnexported(State{})); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		digestIs(t, got, path)
		if err := Write(path, got); err != nil {
			t.Fatal(err)
		}
		if again, err := Read(path); err != nil || again.Resaved {
			t.Errorf("%s: written by this package, it is read as %+v, %v", name, again, err)
		}
	}
}

// A sound file that is no checkpoint is not called corrupt, and the message says what is wrong. A file that is cut off is.
func TestSoundFilesAreNotCorrupt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	all := arrays(t, sample(1))
	other := slices.Clone(all)
	other[0].dtype = "I32"
	unnamed := slices.DeleteFunc(slices.Clone(all), func(a array) bool { return a.name == metaBlob })
	for want, write := range map[string]func(){
		`"actor/b" has the type "I32"; allowed: F32 and U8`: func() { save(t, path, other, nil) },
		`it has no tensor "meta"`:                           func() { save(t, path, unnamed, nil) },
		"an earlier version wrote it":                       func() { save(t, path, unnamed, map[string]string{"update": "3", "sha256": zeroChecksum}) },
	} {
		write()
		_, err := Read(path)
		if !errors.Is(err, ErrLayout) || errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	save(t, path, all, nil)
	if err := os.Truncate(path, 400); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a file that was cut off: %v", err)
	}
}
