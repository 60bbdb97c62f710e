package sample

import "github.com/gmel-go/gmel/nn/machine"

// inbox is persistent memory that one copy fills: all that a request says of its images, but for the images.
type inbox struct {
	memory machine.Tensor
	parts  []part
	host   []float32 // of the next copy
}

// part is a tensor of an inbox.
type part struct {
	to    *machine.Tensor
	name  string
	shape []int
}

// want asks for a tensor, which place adds.
func (i *inbox) want(to *machine.Tensor, name string, shape ...int) {
	i.parts = append(i.parts, part{to, name, shape})
}

// place adds the memory to the layout. Tensors begin where persistent ones do.
func (i *inbox) place(l *machine.Layout, name string) {
	size := 0
	var at []int
	for _, p := range i.parts {
		n := 1
		for _, length := range p.shape {
			n *= length
		}
		at = append(at, size)
		size += (n + machine.Align - 1) / machine.Align * machine.Align
	}
	i.memory, i.host = l.Add(name, size), make([]float32, size)
	for k, p := range i.parts {
		*p.to = l.View(p.name, i.memory, at[k], p.shape...)
	}
}

// set writes values of a tensor for the next copy.
func (i *inbox) set(t machine.Tensor, values []float32) {
	copy(i.host[t.Offset()-i.memory.Offset():][:t.Len()], values)
}

// send copies what was set.
func (i *inbox) send(s *machine.Session) error { return s.Upload(i.memory, i.host) }
