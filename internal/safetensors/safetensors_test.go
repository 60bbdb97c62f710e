package safetensors

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// file is a file by its header and data.
func file(header string, data ...byte) []byte {
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), data...)
}

// The example of the format's description: one tensor and metadata.
func TestDecode(t *testing.T) {
	got, err := Decode(file(`{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}  `,
		0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0xc0, 0x7f))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Tensor{"a": {[]int{1, 2}, []float32{1, -2}}, "b": {[]int{}, []float32{float32(math.NaN())}}}
	if d := cmp.Diff(want, got, cmp.Comparer(func(a, b float32) bool { return a == b || a != a && b != b })); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestEncodeIsReadBack(t *testing.T) {
	want := map[string]Tensor{"z": {[]int{2, 2}, []float32{1, 2, 3, 4}}, "a": {[]int{}, []float32{-0.5}}, "none": {[]int{0, 3}, []float32{}}}
	first, err := Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(first)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	again, err := Encode(got)
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("encoded again it differs, error %v", err)
	}
	if n := binary.LittleEndian.Uint64(first); n%8 != 0 {
		t.Errorf("the data begins after %d bytes, want a multiple of 8", n)
	}
}

func TestFaults(t *testing.T) {
	one := func(e string) []byte { return file(`{"a":`+e+`}`, 0, 0, 0, 0, 0, 0, 0, 0) }
	for want, f := range map[string][]byte{
		"it has 3 bytes and no header":                              {1, 2, 3},
		"its header has 99 bytes and 2 follow":                      append(binary.LittleEndian.AppendUint64(nil, 99), '{', '}'),
		"its header is not JSON":                                    file(`{"a":`),
		"the header's entry of tensor a is [1]":                     one(`[1]`),
		"tensor a has dtype F16, must be F32":                       one(`{"dtype":"F16","shape":[4],"data_offsets":[0,8]}`),
		"tensor a has shape [-2], which is more than the file":      one(`{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}`),
		"tensor a has shape [2000000000 2000000000 2000000000]":     one(`{"dtype":"F32","shape":[2000000000,2000000000,2000000000],"data_offsets":[0,8]}`),
		"tensor a of shape [2] has the bytes [0], must":             one(`{"dtype":"F32","shape":[2],"data_offsets":[0]}`),
		"has the bytes [4 12], must begin at 0 and have 8":          one(`{"dtype":"F32","shape":[2],"data_offsets":[4,12]}`),
		"has the bytes [0 16], must begin at 0 and have 8":          one(`{"dtype":"F32","shape":[2],"data_offsets":[0,16]}`),
		"bytes 4 to 8 of its data belong to no tensor":              one(`{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`),
		"tensor b of shape [1] has the bytes [0 4], must begin at ": file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 0, 0, 0, 0),
	} {
		if _, err := Decode(f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}
