package dataset

import (
	"encoding/binary"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Files that NumPy wrote (testdata/golden.py).
func TestReadNpyOfNumpy(t *testing.T) {
	for _, c := range []struct {
		name  string
		shape []int
		bytes bool
		value func(i int) float32
	}{
		{"bytes", []int{3, 2, 2}, true, func(i int) float32 { return float32(20 * i) }},
		{"floats", []int{2, 3, 2}, false, func(i int) float32 { return float32(i)/4 - 1 }},
		{"scalar", nil, false, func(int) float32 { return 2.5 }},
	} {
		a, err := ReadNpy("testdata/" + c.name + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(a.Shape, c.shape) || a.Bytes != c.bytes {
			t.Errorf("%s: shape %v, bytes %v; want %v, %v", c.name, a.Shape, a.Bytes, c.shape, c.bytes)
		}
		if n, _ := product(c.shape); len(a.Values) != n {
			t.Errorf("%s: %d values, want %d", c.name, len(a.Values), n)
		}
		for i, v := range a.Values {
			if v != c.value(i) {
				t.Errorf("%s: value %d is %v, want %v", c.name, i, v, c.value(i))
			}
		}
	}
	for name, want := range map[string]string{
		"fortran": "is in Fortran order", "double": `holds values of the type "<f8"`,
		"bigendian": `holds values of the type ">f4"`, "record": "has a header without a plain type, order or shape",
	} {
		if _, err := ReadNpy("testdata/" + name + ".npy"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", name, err, want)
		}
	}
}

// npyBytes is a file of a version with a header of our own.
func npyBytes(version byte, header string, body ...byte) []byte {
	data := append([]byte("\x93NUMPY"), version, 0)
	if version == 1 {
		data = binary.LittleEndian.AppendUint16(data, uint16(len(header)))
	} else {
		data = binary.LittleEndian.AppendUint32(data, uint32(len(header)))
	}
	return append(append(data, header...), body...)
}

func TestParseNpyByHand(t *testing.T) {
	const two = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }\n"
	for v := byte(1); v <= 3; v++ {
		a, problem := parseNpy(npyBytes(v, two, 7, 9))
		if problem != "" || !slices.Equal(a.Values, []float32{7, 9}) {
			t.Errorf("version %d: %v, %q", v, a, problem)
		}
	}
	for _, c := range []struct {
		data []byte
		want string
	}{
		{nil, "is no .npy file"},
		{[]byte("\x89PNG\r\n\x1a\n...."), "is no .npy file"},
		{npyBytes(4, two, 7, 9), "has the version 4"},
		{npyBytes(1, two)[:20], "ends inside of its header"},
		{npyBytes(2, "")[:11], "ends inside of its header"},
		{npyBytes(1, two, 7), "has 1 bytes of values, but its shape [2] needs 2"},
		{npyBytes(1, two, 7, 8, 9), "has 3 bytes of values, but its shape [2] needs 2"},
		{npyBytes(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", 0, 0, 0), "needs 4"},
		{npyBytes(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (3000000000, 3000000000, 3000000000)}"), "needs far more"},
		{npyBytes(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,)}"), "has the dimension"},
		{npyBytes(1, "{'descr': '|u1', 'shape': (2,)}", 7, 9), "without a plain type, order or shape"},
		{npyBytes(1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2,)}", 7, 9), "is in Fortran order"},
	} {
		if _, problem := parseNpy(c.data); !strings.Contains(problem, c.want) {
			t.Errorf("%.40q: %q, want %q", c.data, problem, c.want)
		}
	}
}

// Any bytes are an array or a sentence, never a crash.
func FuzzParseNpy(f *testing.F) {
	f.Add(npyBytes(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", 0, 0, 128, 63))
	f.Add(npyBytes(3, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1)}", 1, 2))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, problem := parseNpy(data)
		if problem == "" {
			if n, ok := product(a.Shape); !ok || n != len(a.Values) {
				t.Errorf("shape %v of %d values", a.Shape, len(a.Values))
			}
		}
	})
}

func TestArrays(t *testing.T) {
	dir := t.TempDir()
	images := put(t, dir, "i.npy", npyBytes(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1, 2)}", 1, 2, 3, 4))
	labels := put(t, dir, "l.csv", []byte("\xef\xbb\xbfrow,kind,coil,part\n0,10,a,train\n1,9,b,test\n"))
	s, err := Arrays(images, labels, AxesNYX, Columns{Class: "kind", Group: "coil", Part: "part"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Shape, []int{1, 2, 1}) || !slices.Equal(s.Sample(1), []float32{3, 4}) || s.Low != 0 || s.High != 255 {
		t.Errorf("shape %v, second sample %v, range %v to %v", s.Shape, s.Sample(1), s.Low, s.High)
	}
	if !slices.Equal(s.Classes, []string{"9", "10"}) || !slices.Equal(s.Class, []int{1, 0}) {
		t.Errorf("classes %v of rows %v: whole numbers must be in numeric order", s.Classes, s.Class)
	}
	if !slices.Equal(s.Group, []string{"a", "b"}) || !slices.Equal(s.Part, []string{"train", "test"}) || s.Origin[1] != "i.npy row 1" {
		t.Errorf("groups %v, parts %v, origins %v", s.Group, s.Part, s.Origin)
	}
}

func TestArraysPutChannelsLast(t *testing.T) {
	dir := t.TempDir()
	labels := put(t, dir, "l.csv", []byte("class\nx\ny\n"))
	var body []byte
	for i := range 12 {
		body = binary.LittleEndian.AppendUint32(body, math.Float32bits(float32(i)))
	}
	windows := put(t, dir, "w.npy", npyBytes(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2, 3)}", body...))
	s, err := Arrays(windows, labels, AxesNCT, Columns{Class: "class"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Shape, []int{3, 2}) || !slices.Equal(s.Sample(1), []float32{6, 9, 7, 10, 8, 11}) || s.Low != 0 || s.High != 11 {
		t.Errorf("shape %v, second sample %v, range %v to %v", s.Shape, s.Sample(1), s.Low, s.High)
	}
	s, err = Arrays(windows, labels, AxesNTC, Columns{Class: "class"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Shape, []int{2, 3}) || !slices.Equal(s.Sample(1), []float32{6, 7, 8, 9, 10, 11}) {
		t.Errorf("shape %v, second sample %v", s.Shape, s.Sample(1))
	}
}

func TestArraysRefuse(t *testing.T) {
	dir := t.TempDir()
	images := put(t, dir, "i.npy", npyBytes(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1, 2)}", 1, 2, 3, 4))
	broken := put(t, dir, "nan.npy", npyBytes(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1)}", 0, 0, 192, 127, 0, 0, 128, 255))
	for _, c := range []struct {
		file   string
		axes   Axes
		labels string
		want   string
	}{
		{images, "yx", "class\na\nb\n", `axes "yx" are not allowed`},
		{images, AxesNYXC, "class\na\nb\n", "has the shape [2 1 2]; allowed: 4 dimensions, nyxc"},
		{images, AxesNYX, "class\na\n", "has 1 rows; allowed: 2"},
		{images, AxesNYX, "klass\na\nb\n", `:1: the header is ["klass"], without the column class`},
		{images, AxesNYX, "class,b\na,1\n,2\n", `:3: class: "" is not allowed; allowed: the class of the row`},
		{images, AxesNYX, "b,class\na\nb,c\n", ":2: 1 values for the 2 columns of the header"},
		{images, AxesNYX, "class\n\"a\nb\n", ":2: not CSV: "},
		{images, AxesNYX, "", "the header is missing; the table is empty"},
		{images, AxesNYX, "class,row\na,1\nb,0\n", `:2: row: "1" is not allowed; allowed: 0: the rows are in the order of the samples`},
		{images, AxesNYX, "class,row\na,x\nb,0\n", `:2: row: "x" is not allowed; allowed: a whole number`},
		{broken, AxesNT, "class\na\nb\n", "row 0 has the value NaN; allowed: finite numbers\n"},
		{broken, AxesNT, "class\na\nb\n", "row 1 has the value -Inf"},
	} {
		labels := put(t, dir, "l.csv", []byte(c.labels))
		_, err := Arrays(c.file, labels, c.axes, Columns{Class: "class"})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("axes %s, labels %q: %v\nwant %q", c.axes, c.labels, err, c.want)
		}
	}
}

// The axes follow from the number of dimensions and from where 1 or 3 channels may be.
func TestAxesOfShapes(t *testing.T) {
	for _, c := range []struct {
		asked Axes
		shape []int
		want  Axes
	}{
		{AxesImages, []int{5, 8, 8}, AxesNYX}, {AxesImages, []int{5, 8, 8, 3}, AxesNYXC}, {AxesImages, []int{5, 3, 8, 8}, AxesNCYX},
		{AxesImages, []int{5, 3, 8, 3}, AxesNYXC}, {AxesWindows, []int{5, 60}, AxesNT}, {AxesWindows, []int{5, 60, 8}, AxesNTC},
		{AxesNCT, []int{5, 60, 8}, AxesNCT},
	} {
		if got := c.asked.of(c.shape); got != c.want {
			t.Errorf("%s of %v: %s, want %s", c.asked, c.shape, got, c.want)
		}
	}
}

// Without a table, and without a column of the class, all samples are of one class.
func TestArraysOfOneClass(t *testing.T) {
	dir := t.TempDir()
	images := put(t, dir, "i.npy", npyBytes(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1, 2)}", 1, 2, 3, 4))
	for _, labels := range []string{"", put(t, dir, "l.csv", []byte("Coil;Row\n7;0\n8;1\n"))} {
		c := Columns{}
		if labels != "" {
			c.Group = "coil"
		}
		s, err := Arrays(images, labels, AxesImages, c)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.Classes, []string{"all"}) || !slices.Equal(s.Class, []int{0, 0}) || !s.Bytes {
			t.Errorf("classes %v, rows %v, bytes %v", s.Classes, s.Class, s.Bytes)
		}
		if labels != "" && !slices.Equal(s.Group, []string{"7", "8"}) {
			t.Errorf("sources %v", s.Group)
		}
	}
}

// Bytes of an array become the numbers that the same image has in a folder.
func TestResizeArray(t *testing.T) {
	s := &Set{Name: "toy", Shape: []int{2, 4, 1}, Class: []int{0, 0}, Bytes: true, High: 255,
		Values: []float32{0, 2, 10, 20, 4, 6, 30, 40, 255, 255, 0, 0, 255, 255, 0, 0}}
	if err := s.Resize(Images{Height: 1, Width: 2, Channels: 3, Fit: Stretch}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Shape, []int{1, 2, 3}) || !slices.Equal(s.Values, []float32{3, 3, 3, 25, 25, 25, 255, 255, 255, 0, 0, 0}) {
		t.Errorf("shape %v, values %v", s.Shape, s.Values)
	}
	s.Bytes = false
	if err := s.Resize(Images{Height: 1, Width: 2}); err != nil || len(s.Values) != 12 {
		t.Errorf("the size that it has: %v", err)
	}
	if err := s.Resize(Images{Height: 2, Width: 2}); err == nil || !strings.Contains(err.Error(), "toy: images [1 2 3] of fractions are not brought to [2 2 3]") {
		t.Errorf("fractions: %v", err)
	}
}

func TestOnly(t *testing.T) {
	s := &Set{Name: "toy", Shape: []int{1, 1}, Classes: []string{"a", "b", "c"}, Class: []int{0, 1, 2, 1}, Values: []float32{1, 2, 3, 4},
		Group: []string{"w", "x", "y", "z"}, Part: []string{"1", "2", "3", "4"}, Origin: []string{"A", "B", "C", "D"}}
	o, err := s.Only([]string{"c", "b"})
	if err != nil {
		t.Fatal(err)
	}
	want := &Set{Name: "toy", Shape: []int{1, 1}, Classes: []string{"c", "b"}, Class: []int{1, 0, 1}, Values: []float32{2, 3, 4},
		Group: []string{"x", "y", "z"}, Part: []string{"2", "3", "4"}, Origin: []string{"B", "C", "D"}}
	if !reflect.DeepEqual(o, want) {
		t.Errorf("%+v\nwant %+v", o, want)
	}
	for names, want := range map[string]string{"d": `there is no class "d"`, "a a": `the class "a" is named twice`} {
		if _, err := s.Only(strings.Fields(names)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", names, err, want)
		}
	}
}
