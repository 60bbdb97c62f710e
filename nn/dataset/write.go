package dataset

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Npy is the values [N, Shape...] as float32 in a .npy file, which [Arrays] and NumPy read.
func (s *Set) Npy() []byte {
	shape := strconv.Itoa(s.N())
	for _, d := range s.Shape {
		shape += ", " + strconv.Itoa(d)
	}
	const align = 64 // the values begin at a multiple of it
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", shape)
	const before = 10
	header += strings.Repeat(" ", align-1-(before+len(header))%align) + "\n"
	data := append([]byte("\x93NUMPY"), 1, 0)
	data = binary.LittleEndian.AppendUint16(data, uint16(len(header)))
	data = append(data, header...)
	for _, v := range s.Values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return data
}

// Labels is a table of the row and the class of every sample, which [Arrays] reads beside the values.
func (s *Set) Labels() ([]byte, error) {
	lines := [][]string{{"row", "class"}}
	for row, class := range s.Class {
		lines = append(lines, []string{strconv.Itoa(row), s.Classes[class]})
	}
	return encodeCSV(lines)
}

// Table is a set of windows of named sensors as a table, which [Windows] reads: a line for each time, with the columns
// sample (0 to N-1), class, and the sensors. A column has an underscore more if a sensor has its name. Numbers are the
// shortest that read back as the same float32.
func (s *Set) Table() ([]byte, error) {
	if len(s.Shape) != 2 || len(s.Sensors) != s.Channels() {
		return nil, fmt.Errorf("dataset: samples of shape %v with the sensors %q are no table; allowed: [T, C] and C names", s.Shape, s.Sensors)
	}
	lines := [][]string{append([]string{s.free("sample"), s.free("class")}, s.Sensors...)}
	channels := s.Channels()
	for row, class := range s.Class {
		values := s.Sample(row)
		for t := range s.Shape[0] {
			fields := []string{strconv.Itoa(row), s.Classes[class]}
			for _, v := range values[t*channels:][:channels] {
				fields = append(fields, strconv.FormatFloat(float64(v), 'g', -1, 32))
			}
			lines = append(lines, fields)
		}
	}
	return encodeCSV(lines)
}

// free is a name that no sensor has.
func (s *Set) free(name string) string {
	for slices.Contains(named(s.Sensors...), name) {
		name += "_"
	}
	return name
}

func encodeCSV(lines [][]string) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	err := w.WriteAll(lines)
	return b.Bytes(), err
}
