package safetensors

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
)

// Encode is the file of the tensors, in the order of their names. Equal tensors make equal files. It panics if a shape
// and its data differ in length.
func Encode(tensors map[string]Tensor) ([]byte, error) {
	header := map[string]any{metadata: map[string]string{"format": "pt"}} // PyTorch libraries ask for it
	end := uint64(0)
	for _, name := range sorted(tensors) {
		t := tensors[name]
		if n := elements(t.Shape); name == metadata || n != len(t.Data) {
			panic(fmt.Sprintf("safetensors: tensor %s%v has %d numbers", name, t.Shape, len(t.Data)))
		}
		e := entry{DType: "F32", Shape: []int64{}, Offsets: []uint64{end, end + 4*uint64(len(t.Data))}}
		for _, d := range t.Shape {
			e.Shape = append(e.Shape, int64(d))
		}
		header[name], end = e, e.Offsets[1]
	}
	text, err := json.Marshal(header)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	for len(text)%lengthBytes != 0 { // the data begins aligned
		text = append(text, ' ')
	}
	file := make([]byte, 0, lengthBytes+uint64(len(text))+end)
	file = append(binary.LittleEndian.AppendUint64(file, uint64(len(text))), text...)
	for _, name := range sorted(tensors) {
		for _, v := range tensors[name].Data {
			file = binary.LittleEndian.AppendUint32(file, math.Float32bits(v))
		}
	}
	return file, nil
}

func elements(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
