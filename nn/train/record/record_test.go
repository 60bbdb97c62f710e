package record

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// write records updates from..to, three lines or events each.
func writeAll(t *testing.T, dir string, resume, from, to int) {
	t.Helper()
	j, err := OpenJSONL(filepath.Join(dir, "m.jsonl"), resume)
	if err != nil {
		t.Fatal(err)
	}
	e, err := OpenEvents(filepath.Join(dir, "events.out.tfevents.x"), resume)
	if err != nil {
		t.Fatal(err)
	}
	for u := from; u <= to; u++ {
		s := []Scalar{{"loss", float64(float32(0.1)) * float64(u)}, {"bad", math.NaN()}, {"inf", math.Inf(-1)}}
		if err := errors.Join(j.Write(u, "train", s), j.Write(u, "eval", s[:1]), e.Write(u, "train", s)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(j.Sync(), e.Sync(), j.Close(), e.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestResumedFilesEqualUninterrupted(t *testing.T) {
	whole, parts := t.TempDir(), t.TempDir()
	writeAll(t, whole, -1, 0, 9)
	writeAll(t, parts, -1, 0, 6)
	for _, name := range []string{"m.jsonl", "events.out.tfevents.x"} { // killed in the middle of a record
		f, err := os.OpenFile(filepath.Join(parts, name), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		f.WriteString(`{"update":3`) // shorter than a header of an event
		f.Close()
	}
	writeAll(t, parts, 4, 5, 9)
	a, _ := os.ReadFile(filepath.Join(whole, "m.jsonl"))
	b, _ := os.ReadFile(filepath.Join(parts, "m.jsonl"))
	if !bytes.Equal(a, b) {
		t.Errorf("metrics differ:\n%s\n%s", a, b)
	}
	x, _ := os.ReadFile(filepath.Join(whole, "events.out.tfevents.x"))
	y, _ := os.ReadFile(filepath.Join(parts, "events.out.tfevents.x"))
	if len(x) != len(y) || len(x) == 0 {
		t.Errorf("event files of %d and %d bytes", len(x), len(y))
	}
}

// A damaged record in the middle is reported, not a reason to drop all after it.
func TestDamageInTheMiddleDropsNothing(t *testing.T) {
	dir := t.TempDir()
	writeAll(t, dir, -1, 0, 9)
	lines, events := filepath.Join(dir, "m.jsonl"), filepath.Join(dir, "events.out.tfevents.x")
	for path, want := range map[string]string{lines: "m.jsonl:1: not a record", events: "the record at byte 40 is damaged"} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		data[map[string]int{lines: 2, events: 60}[path]] ^= 1 // 60: in the second event
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		if path == lines {
			_, err = OpenJSONL(path, 9)
		} else {
			_, err = OpenEvents(path, 9)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(after, data) {
			t.Errorf("%s was changed", path)
		}
	}
}

func TestJSONL(t *testing.T) {
	dir := t.TempDir()
	writeAll(t, dir, -1, 2, 2)
	text, _ := os.ReadFile(filepath.Join(dir, "m.jsonl"))
	want := `{"update":2,"kind":"train","loss":0.2,"bad":"NaN","inf":"-Inf"}` + "\n" + `{"update":2,"kind":"eval","loss":0.2}` + "\n"
	if string(text) != want {
		t.Errorf("got\n%swant\n%s", text, want)
	}
	lines, err := ReadJSONL(filepath.Join(dir, "m.jsonl"))
	if err != nil || len(lines) != 2 || lines[0].Update != 2 || lines[1].Kind != "eval" || !math.IsInf(lines[0].Values["inf"], -1) {
		t.Errorf("%v %v", lines, err)
	}
	bad := filepath.Join(dir, "bad.jsonl")
	os.WriteFile(bad, []byte("{\"update\":1}\n{nonsense\n"), 0o666)
	if _, err := ReadJSONL(bad); err == nil || !strings.Contains(err.Error(), "bad.jsonl:2:") {
		t.Error(err)
	}
}

// The framing, read by hand as TensorBoard does.
func TestEventFraming(t *testing.T) {
	dir := t.TempDir()
	writeAll(t, dir, -1, 5, 5)
	data, _ := os.ReadFile(filepath.Join(dir, "events.out.tfevents.x"))
	var messages [][]byte
	for len(data) > 0 {
		n := binary.LittleEndian.Uint64(data)
		m := data[12 : 12+n]
		for _, c := range []struct{ at, of []byte }{{data[8:], data[:8]}, {data[12+n:], m}} {
			if binary.LittleEndian.Uint32(c.at) != maskedCRC(c.of) {
				t.Fatal("checksum")
			}
		}
		messages = append(messages, m)
		data = data[16+n:]
	}
	if len(messages) != 2 || !bytes.Contains(messages[0], []byte("brain.Event:2")) {
		t.Fatalf("%d messages", len(messages))
	}
	want := protowire.AppendString(nil, "train/loss")
	want = protowire.AppendTag(want, 2, protowire.Fixed32Type)
	want = protowire.AppendFixed32(want, math.Float32bits(0.5))
	if stepOf(messages[1]) != 5 || !bytes.Contains(messages[1], want) {
		t.Errorf("%q", messages[1])
	}
}

// CRC32C of "123456789" is e3069283 (RFC 3720 appendix B.4); masked as in
// tensorflow/core/lib/hash/crc32c.h.
func TestMaskedCRC(t *testing.T) {
	crc := uint32(0xe3069283)
	if got, want := maskedCRC([]byte("123456789")), (crc>>15|crc<<17)+0xa282ead8; got != want {
		t.Errorf("%08x, want %08x", got, want)
	}
}

func TestFullDiskIsReported(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	path := filepath.Join(t.TempDir(), "m.jsonl")
	if err := os.Symlink("/dev/full", path); err != nil {
		t.Fatal(err)
	}
	j, err := OpenJSONL(path, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if err := j.Write(1, "train", nil); !errors.Is(err, syscall.ENOSPC) {
		t.Error(err)
	}
}

func TestCurve(t *testing.T) {
	path := filepath.Join(t.TempDir(), "curve.png")
	nan := math.NaN()
	panels := []Panel{
		{Title: "completion", Series: []Series{{Name: "greedy", X: []float64{0, 1, 2}, Y: []float64{.2, nan, .9}}, {Name: "none"}}},
		{Title: "latency", Series: []Series{{Name: "level", X: []float64{0, 2}, Y: []float64{1, 1}, Dashed: true}}},
		{Title: "logarithmic", Log: true, Series: []Series{{Name: "one number", X: []float64{3, 3}, Y: []float64{0, 1}}}}, // y has a 0, so it is not
	}
	if err := Curve(path, panels); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil || img.Bounds().Dx() < 400 {
		t.Error(err)
	}
}

func FuzzEvents(f *testing.F) {
	f.Add([]byte("garbage"), 3)
	f.Fuzz(func(t *testing.T, data []byte, update int) {
		if n, _ := recordsUntil(data, update); n > int64(len(data)) || len(imagesIn(data)) > len(data) {
			t.Error(n)
		}
		if n, _ := linesUntil(data, update); n > int64(len(data)) {
			t.Error(n)
		}
	})
}
