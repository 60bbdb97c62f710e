package machine

import (
	"fmt"
	"slices"
)

// Align is the alignment of tensors in floats: 256 bytes.
const Align = 64

// Tensor is a comparable handle of a tensor in an arena. A persistent tensor belongs to a [Layout]
// and keeps its value between runs. A temporary belongs to one [Builder].
type Tensor struct{ *store }

// None stands for an absent optional argument.
var None Tensor

// store is the identity of a tensor. The root of a view is the tensor it is part of; a tensor that is
// no view is its own root.
type store struct {
	name  string
	shape []int
	root  *store
	off   int64 // offset of a view in its root
	at    int64 // offset of a persistent root in the arena
	local bool  // it is in the local memory of a loop
	owner any   // *Layout or *Builder
}

func newStore(owner any, name string, shape []int) *store {
	for _, d := range shape {
		if d < 0 {
			panic(fmt.Sprintf("machine: tensor %q has shape %v", name, shape))
		}
	}
	s := &store{name: name, shape: slices.Clone(shape), owner: owner}
	s.root = s
	return s
}

// view is the part of t that begins at offset.
func (t Tensor) view(name string, offset int, shape []int) *store {
	s := newStore(t.owner, name, shape)
	if offset < 0 || int64(offset)+s.Len() > t.Len() {
		panic(fmt.Sprintf("machine: view %q [%d, %d) is outside %s", name, offset, int64(offset)+s.Len(), t))
	}
	s.root, s.off = t.root, t.off+int64(offset)
	return s
}

// Name is the name given at creation.
func (s *store) Name() string { return s.name }

// Shape returns the dimensions; a scalar has none.
func (s *store) Shape() []int { return slices.Clone(s.shape) }

// Len is the number of floats.
func (s *store) Len() int64 {
	n := int64(1)
	for _, d := range s.shape {
		n *= int64(d)
	}
	return n
}

// Persistent reports whether the tensor keeps its value between runs.
func (s *store) Persistent() bool {
	_, ok := s.owner.(*Layout)
	return ok
}

// Offset is the offset of a persistent tensor in the arena, in floats. It panics for a temporary,
// whose offset only its Program knows.
func (s *store) Offset() int64 {
	if !s.Persistent() {
		panic(fmt.Sprintf("machine: temporary %s has no offset", s))
	}
	return s.root.at + s.off
}

// String is the name and the shape.
func (s *store) String() string {
	if s == nil {
		return "none"
	}
	return fmt.Sprintf("%s%v", s.name, s.shape)
}

// Layout is the persistent part of an arena. Several Programs share it. The first Build seals it,
// because scratch memory begins at its end.
type Layout struct {
	tensors []Tensor
	byName  map[string]Tensor
	size    int64
	sealed  string // name of the Program that sealed it
}

// NewLayout returns an empty layout.
func NewLayout() *Layout { return &Layout{byName: map[string]Tensor{}} }

// Add places a new tensor, aligned to 256 bytes. The name must be new. Without a shape it is a scalar.
func (l *Layout) Add(name string, shape ...int) Tensor {
	if l.sealed != "" {
		panic(fmt.Sprintf("machine: tensor %q was added after Program %q was built on this layout; add all tensors first", name, l.sealed))
	}
	s := newStore(l, name, shape)
	s.at = l.size
	l.size += align(s.Len())
	return l.register(s)
}

// View adds a named part of a persistent tensor. It begins at offset, in floats.
func (l *Layout) View(name string, parent Tensor, offset int, shape ...int) Tensor {
	if parent.owner != l {
		panic(fmt.Sprintf("machine: view %q of %s, which is not of this layout", name, parent))
	}
	return l.register(parent.view(name, offset, shape))
}

func (l *Layout) register(s *store) Tensor {
	if _, ok := l.byName[s.name]; ok {
		panic(fmt.Sprintf("machine: tensor %q exists already", s.name))
	}
	t := Tensor{s}
	l.byName[s.name] = t
	l.tensors = append(l.tensors, t)
	return t
}

// Tensors lists all tensors and views in the order of their creation.
func (l *Layout) Tensors() []Tensor { return slices.Clone(l.tensors) }

// Lookup finds a tensor or view by name.
func (l *Layout) Lookup(name string) (Tensor, bool) {
	t, ok := l.byName[name]
	return t, ok
}

// Size is the number of floats, padding included.
func (l *Layout) Size() int64 { return l.size }

func align(n int64) int64 { return (n + Align - 1) / Align * Align }
