package onnx

// Constant adds a constant. The number of data must be that of the shape.
func (g *Graph) Constant(name string, data []float32, shape ...int) {
	g.Constants = append(g.Constants, Tensor{Name: name, Shape: shape, Data: data})
}

// Integers adds a vector of whole numbers.
func (g *Graph) Integers(name string, data ...int64) {
	g.Constants = append(g.Constants, Tensor{Name: name, Shape: []int{len(data)}, Ints: data})
}

// Add adds a node with one output. The caller may add attributes and outputs until the next call.
func (g *Graph) Add(op, output string, inputs ...string) *Node {
	g.Nodes = append(g.Nodes, Node{Op: op, Inputs: inputs, Outputs: []string{output}})
	return &g.Nodes[len(g.Nodes)-1]
}
