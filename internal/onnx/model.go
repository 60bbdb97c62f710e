package onnx

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Versions of what is written.
const (
	IR    = 8  // of the intermediate representation
	Opset = 17 // of the operators
)

// Model is a file.
type Model struct {
	Graph
	Doc      string
	Producer string
	Metadata map[string]string
}

// Graph is a network: nodes in an order in which each reads what earlier ones have written.
type Graph struct {
	Name            string
	Nodes           []Node
	Constants       []Tensor
	Inputs, Outputs []Value
}

// Node is an operator.
type Node struct {
	Op              string
	Inputs, Outputs []string       // "" is an input that is left out
	Attributes      map[string]any // int, float32, []int or string
}

// Tensor is a constant, row-major.
type Tensor struct {
	Name  string
	Shape []int // empty for a scalar
	Data  []float32
	Ints  []int64 // in the place of Data
}

// Value is an input or an output.
type Value struct {
	Name  string
	Doc   string
	Type  Type
	Shape []any // of int, or string for a size that is open
}

// Type is the type of the numbers of a tensor, as ONNX numbers them.
type Type int

// Types of tensors.
const (
	Float32 Type = 1
	Int64   Type = 7
	Bool    Type = 9
)

// Encode is the file of a model. Equal models make equal files.
func (m *Model) Encode() []byte {
	var f message
	f.number(1, IR)
	f.text(2, m.Producer)
	f.text(6, m.Doc)
	f.bytes(7, m.Graph.encode())
	var operators message
	operators.bytes(1, nil) // of ONNX itself
	operators.number(2, Opset)
	f.bytes(8, operators)
	for _, key := range slices.Sorted(maps.Keys(m.Metadata)) {
		var entry message
		entry.text(1, key)
		entry.text(2, m.Metadata[key])
		f.bytes(14, entry)
	}
	return f
}

func (g *Graph) encode() (f message) {
	for i := range g.Nodes {
		f.bytes(1, g.Nodes[i].encode())
	}
	f.text(2, g.Name)
	for i := range g.Constants {
		f.bytes(5, g.Constants[i].encode())
	}
	for i := range g.Inputs {
		f.bytes(11, g.Inputs[i].encode())
	}
	for i := range g.Outputs {
		f.bytes(12, g.Outputs[i].encode())
	}
	return f
}

func (n *Node) encode() (f message) {
	for _, name := range n.Inputs {
		f.bytes(1, []byte(name)) // "" is an input that is left out
	}
	for _, name := range n.Outputs {
		f.text(2, name)
	}
	f.text(3, n.Outputs[0])
	f.text(4, n.Op)
	for _, name := range slices.Sorted(maps.Keys(n.Attributes)) {
		f.bytes(5, attribute(name, n.Attributes[name]))
	}
	return f
}

// attribute panics for a type that Node.Attributes does not have.
func attribute(name string, value any) (f message) {
	f.text(1, name)
	kind := 0 // AttributeProto.AttributeType
	switch x := value.(type) {
	case float32:
		f.float(2, x)
		kind = 1
	case int:
		f.number(3, int64(x))
		kind = 2
	case string:
		f.text(4, x)
		kind = 3
	case []int:
		for _, v := range x {
			f.number(8, int64(v))
		}
		kind = 7
	default:
		panic("onnx: attribute " + name + " has no type of ONNX")
	}
	f.number(20, int64(kind))
	return f
}

func (t *Tensor) encode() (f message) {
	for _, d := range t.Shape {
		f.number(1, int64(d))
	}
	kind := Float32
	var raw []byte
	for _, v := range t.Data {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	if t.Ints != nil {
		kind = Int64
	}
	for _, v := range t.Ints {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(v))
	}
	f.number(2, int64(kind))
	f.text(8, t.Name)
	f.bytes(9, raw)
	return f
}

func (v *Value) encode() (f message) {
	var shape, tensor, kind message
	for _, d := range v.Shape {
		var size message
		if name, open := d.(string); open {
			size.text(2, name)
		} else {
			size.number(1, int64(d.(int)))
		}
		shape.bytes(1, size)
	}
	tensor.number(1, int64(v.Type))
	tensor.bytes(2, shape)
	kind.bytes(1, tensor)
	f.text(1, v.Name)
	f.bytes(2, kind)
	f.text(3, v.Doc)
	return f
}

// message is an encoded message, to which fields are appended.
type message []byte

func (f *message) number(field protowire.Number, v int64) {
	*f = protowire.AppendVarint(protowire.AppendTag(*f, field, protowire.VarintType), uint64(v))
}

func (f *message) float(field protowire.Number, v float32) {
	*f = protowire.AppendFixed32(protowire.AppendTag(*f, field, protowire.Fixed32Type), math.Float32bits(v))
}

func (f *message) bytes(field protowire.Number, v []byte) {
	*f = protowire.AppendBytes(protowire.AppendTag(*f, field, protowire.BytesType), v)
}

// text leaves out an empty text.
func (f *message) text(field protowire.Number, v string) {
	if v != "" {
		f.bytes(field, []byte(v))
	}
}
