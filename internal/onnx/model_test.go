package onnx

import (
	"bytes"
	"math"
	"os"
	"testing"
)

// A model has the bytes that ONNX's own library writes; testdata/golden.py made the file.
func TestEncodeHasTheBytesOfONNX(t *testing.T) {
	want, err := os.ReadFile("testdata/golden.onnx")
	if err != nil {
		t.Fatal(err)
	}
	m := &Model{Doc: "a model", Producer: "golden", Metadata: map[string]string{"b": "two", "a": "1"}}
	m.Name = "graph"
	m.Add("Gemm", "y", "x", "w", "b").Attributes = map[string]any{"transB": 1, "alpha": float32(0.5)}
	m.Add("Reshape", "z", "y", "shape")
	m.Add("Transpose", "out", "z").Attributes = map[string]any{"perm": []int{1, 0}, "mode": "nearest"}
	m.Constant("w", []float32{1, 2, -3, 4, 5, float32(math.Inf(1))}, 2, 3)
	m.Constant("b", []float32{0.25})
	m.Integers("shape", -1, 2)
	m.Inputs = []Value{{"x", "what is read", Float32, []any{"batch", 3}}, {"flag", "", Bool, []any{2}}}
	m.Outputs = []Value{{"out", "what is written", Float32, []any{2, "batch"}}}
	if got := m.Encode(); !bytes.Equal(got, want) {
		t.Errorf("%q\nwant\n%q", got, want)
	}
}
