package ptx

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"math"
	"testing"
)

//go:embed testdata/sums.ptx
var sums string

// compiled is a kernel that nvcc made of testdata/sums.cu.
func compiled(t *testing.T, name string) *Entry {
	t.Helper()
	m, err := Parse("sums.ptx", sums)
	if err != nil {
		t.Fatal(err)
	}
	e, ok := m.Entry(name)
	if !ok {
		t.Fatalf("no kernel %s", name)
	}
	return e
}

// littleEndian is numbers one after the other.
func littleEndian(t *testing.T, all ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, x := range all {
		if err := binary.Write(&b, binary.LittleEndian, x); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func float32s(data []byte) (all []float32) {
	for _, w := range words(data) {
		all = append(all, math.Float32frombits(w))
	}
	return all
}

// A block adds in the order of the source, to the bit. Its one barrier is needed.
func TestCompiledBlockSum(t *testing.T) {
	const n, blocks = 1000, 2
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(math.Sin(float64(i))) * 100
	}
	e := compiled(t, "block_sum")
	if e.MaxThreads() != [3]int{128, 1, 1} || e.Shared() != 16 || e.Barriers() != 1 {
		t.Errorf("limits %v, %d bytes, %d barriers", e.MaxThreads(), e.Shared(), e.Barriers())
	}
	for skip := range 2 {
		var m Memory
		y := make([]byte, 4*blocks)
		params := littleEndian(t, m.Map("x", littleEndian(t, x)), m.Map("y", y), int32(n))
		err := e.Launch(&m, [3]int{blocks, 1, 1}, [3]int{128, 1, 1}, 0, params, Options{Races: true, SkipBarrier: skip})
		if skip > 0 {
			checkFault(t, err, new(*RaceError), "read after write by thread [32 0 0]")
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for b, got := range float32s(y) {
			if want := blockSum(x, b, blocks); got != want {
				t.Errorf("block %d: %v, want %v", b, got, want)
			}
		}
	}
}

// blockSum is block_sum of testdata/sums.cu for one block.
func blockSum(x []float32, block, blocks int) float32 {
	var s [128]float32
	for t := range s {
		for i := block*128 + t; i < len(x); i += blocks * 128 {
			s[t] += x[i]
		}
	}
	var part [4]float32
	for w := range part {
		lanes := s[w*32 : w*32+32]
		for d := 16; d > 0; d /= 2 {
			for i := range d {
				lanes[i] += lanes[i+d]
			}
		}
		part[w] = lanes[0]
	}
	return part[0] + part[1] + part[2] + part[3]
}

// A function is called, with memory of its own, by threads whose loops differ; the parameter is a struct.
func TestCompiledCall(t *testing.T) {
	const rows, columns = 40, 7
	x := make([]float32, rows*columns)
	for i := range x {
		x[i] = float32(i%11) + 0.5
	}
	e := compiled(t, "row_norms")
	var m Memory
	y := make([]byte, 4*rows)
	params := littleEndian(t, m.Map("x", littleEndian(t, x)), int32(rows), int32(columns), m.Map("y", y))
	if err := e.Launch(&m, [3]int{3, 1, 1}, [3]int{16, 1, 1}, 0, params, Options{Races: true}); err != nil {
		t.Fatal(err)
	}
	for row, got := range float32s(y) {
		var squares [4]float32
		for i, v := range x[row*columns : (row+1)*columns] {
			if i != row {
				squares[uint32(v)%4] += float32(v * v)
			}
		}
		if want := float32(math.Sqrt(float64(squares[0] + squares[1] + squares[2] + squares[3]))); got != want {
			t.Errorf("row %d: %v, want %v", row, got, want)
		}
	}
}
