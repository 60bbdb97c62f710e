package dataset

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// Npy is an array of a .npy file.
type Npy struct {
	Shape  []int
	Bytes  bool      // the file holds uint8, not float32
	Values []float32 // last index fastest
}

// npyAllowed is what ReadNpy takes.
const npyAllowed = "a .npy file of version 1 to 3 with uint8 (|u1) or little-endian float32 (<f4) in C order"

// ReadNpy reads an array of uint8 or float32 that numpy.save wrote: versions 1.0, 2.0 and 3.0 of the format (NumPy
// Enhancement Proposal 1), little-endian, C order.
func ReadNpy(file string) (*Npy, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	a, problem := parseNpy(data)
	if problem != "" {
		return nil, fault(file, 0, problem, npyAllowed)
	}
	return a, nil
}

// parseNpy returns the array, or what is wrong with it.
func parseNpy(data []byte) (*Npy, string) {
	header, body, problem := npyHeader(data)
	if problem != "" {
		return nil, problem
	}
	a := new(Npy)
	width, problem := a.describe(header)
	if problem != "" {
		return nil, problem
	}
	n, ok := product(a.Shape)
	if !ok || len(body)%width != 0 || len(body)/width != n {
		return nil, fmt.Sprintf("has %d bytes of values, but its shape %v needs %s", len(body), a.Shape, needed(n, width, ok))
	}
	a.Values = make([]float32, n)
	for i := range a.Values {
		if a.Bytes {
			a.Values[i] = float32(body[i])
		} else {
			a.Values[i] = math.Float32frombits(binary.LittleEndian.Uint32(body[4*i:]))
		}
	}
	return a, ""
}

// npyHeader cuts a file into the text that describes the array, and its values.
func npyHeader(data []byte) (header string, body []byte, problem string) {
	if len(data) < 10 || string(data[:6]) != "\x93NUMPY" {
		return "", nil, "is no .npy file"
	}
	at, length := 10, int(binary.LittleEndian.Uint16(data[8:]))
	switch data[6] {
	case 1:
	case 2, 3:
		if len(data) < 12 {
			return "", nil, "ends inside of its header"
		}
		at, length = 12, int(binary.LittleEndian.Uint32(data[8:]))
	default:
		return "", nil, fmt.Sprintf("has the version %d of the format", data[6])
	}
	if length > len(data)-at {
		return "", nil, "ends inside of its header"
	}
	return string(data[at : at+length]), data[at+length:], ""
}

// The header is a dictionary literal of Python with three keys.
var (
	npyDescr   = regexp.MustCompile(`['"]descr['"]\s*:\s*['"]([^'"]*)['"]`)
	npyFortran = regexp.MustCompile(`['"]fortran_order['"]\s*:\s*(True|False)`)
	npyShape   = regexp.MustCompile(`['"]shape['"]\s*:\s*\(([0-9,\s]*)\)`)
)

// describe takes type and shape from the header and returns the bytes of a value.
func (a *Npy) describe(header string) (width int, problem string) {
	descr, fortran, shape := npyDescr.FindStringSubmatch(header), npyFortran.FindStringSubmatch(header), npyShape.FindStringSubmatch(header)
	if descr == nil || fortran == nil || shape == nil {
		return 0, fmt.Sprintf("has a header without a plain type, order or shape: %.80q", header)
	}
	switch descr[1] {
	case "|u1":
		width, a.Bytes = 1, true
	case "<f4":
		width = 4
	default:
		return 0, fmt.Sprintf("holds values of the type %q", descr[1])
	}
	if fortran[1] == "True" {
		return 0, "is in Fortran order"
	}
	for _, word := range strings.FieldsFunc(shape[1], func(r rune) bool { return strings.ContainsRune(", \t\n\r", r) }) {
		n, err := strconv.Atoi(word)
		if err != nil {
			return 0, fmt.Sprintf("has the dimension %s", word)
		}
		a.Shape = append(a.Shape, n)
	}
	return width, ""
}

// product is how many values a shape has, and whether that is a number at all.
func product(shape []int) (int, bool) {
	n := 1
	for _, d := range shape {
		if d > 0 && n > math.MaxInt/8/d {
			return 0, false
		}
		n *= d
	}
	return n, true
}

func needed(n, width int, ok bool) string {
	if !ok {
		return "far more"
	}
	return strconv.Itoa(n * width)
}
