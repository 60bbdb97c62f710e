package record

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// imageGolden is the event of tensorboard 2.21.0 for twoPixels, made by
//
//	Event(step=7, summary=Summary(value=[Summary.Value(tag="samples", image=Summary.Image(
//	    height=1, width=2, colorspace=1, encoded_image_string=png))])).SerializeToString().hex()
const (
	twoPixels = "89504e470d0a1a0a0000000d4948445200000002000000010800000000d14920560000000b49444154789c6360f80f000102010042bebc680000000049454e44ae426082"

	imageGolden = "10072a590a570a0773616d706c6573224c080110021801224489504e470d0a1a0a0000000d4948445200000002000000010800000000d14920560000000b49444154789c6360f80f000102010042bebc680000000049454e44ae426082"
)

func fromHex(t *testing.T, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestImageIsThatOfTensorBoard(t *testing.T) {
	path, picture := filepath.Join(t.TempDir(), "events.out.tfevents.x"), fromHex(t, twoPixels)
	e, err := OpenEvents(path, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.Image(7, "samples", picture); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data = data[16+binary.LittleEndian.Uint64(data):] // the header
	m, _, ok := nextRecord(data)
	const time = 9 // bytes of the wall time, which comes first
	if want := fromHex(t, imageGolden); !ok || !bytes.Equal(m[time:], want) {
		t.Errorf("got %x, want %x", m[time:], want)
	}
	if err := e.Image(8, "samples", picture[:20]); err == nil || !strings.Contains(err.Error(), "the picture samples of update 8") {
		t.Errorf("error %v", err)
	}
}

// A picture is written once for each update, also by a process that resumes at that update. One after it is dropped.
func TestImagesAreNotRepeated(t *testing.T) {
	path, picture := filepath.Join(t.TempDir(), "events.out.tfevents.x"), fromHex(t, twoPixels)
	for _, resume := range []int{-1, 5} {
		e, err := OpenEvents(path, resume)
		if err != nil {
			t.Fatal(err)
		}
		for _, update := range []int{5, 5, 6} {
			if err := e.Image(update, "samples", picture); err != nil {
				t.Fatal(err)
			}
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(data, picture); n != 2 {
			t.Errorf("resumed at %d: %d pictures, want 2", resume, n)
		}
	}
}
