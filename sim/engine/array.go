// Package engine plays the worlds of package sim in C: one source for several instruction sets, chosen when worlds
// are made. Package sim is the specification, this is how fast; both have the same bits. C keeps no pointer between calls but in a
// Player, and all its memory is slices of Go.
//
// Scalars, tables and arrays are listed in fields.h, once. Go gives them by name; New panics where C knows no such name, where
// the type or the length differs, and where something is missing.
//
// The folder cuda has the kernels that play the worlds on a GPU.
package engine

// Array is one array of a caller: one of the three slices, its length and the name by which C finds it.
type Array struct {
	Name   string
	Floats *[]float32
	Ints   *[]int32
	Flags  *[]bool
	N      int
}

// Words is the memory of an array in 32-bit words. Every array starts on a cache line of its own.
func (a *Array) Words() int {
	n := a.N
	if a.Flags != nil {
		n = (n + 3) / 4 // a byte per flag
	}
	return (n + 15) / 16 * 16
}

// ctype is the type of the elements in C.
func (a *Array) ctype() string {
	switch {
	case a.Floats != nil:
		return "float"
	case a.Ints != nil:
		return "int32_t"
	}
	return "uint8_t"
}

// Words is the size of a slab that holds the arrays.
func Words(arrays []Array) int {
	n := 0
	for i := range arrays {
		n += arrays[i].Words()
	}
	return n
}

// Slab is arrays in one piece of memory. Its zero value has none.
type Slab struct {
	arrays []Array
	words  []uint32
}

// Scalar is a number of the game, or several, by its name in C. Value is an int, a bool, a float32, or a slice of float32 or uint32.
type Scalar struct {
	Name  string
	Value any
}

// Table is an array that never changes, by its name in C. Values is a []float32 or an []int32.
type Table struct {
	Name   string
	Values any
}

// Game is what an Engine plays. Scalars that C does not know are left out.
type Game struct {
	Worlds          int
	Scalars         []Scalar
	Tables          []Table
	State, Outcomes Slab // Outcomes may be Planned, see [Engine.Record]
}
