package machine

import (
	"fmt"

	"github.com/gmel-go/gmel/kernels"
)

// loc is a place in a tensor. An op needs its descriptor and one loc for each argument.
type loc struct {
	s   *store // a root, nil for an absent argument
	off int64
}

// instr is an op whose arguments have no arena offsets yet. The header of a loop precedes its body.
type instr struct {
	d    kernels.Desc
	args [kernels.MaxArgs]loc
	step kernels.Step // in the body of a loop

	division *Division // how it adds up over a batch; nil: as one op
}

// Builder builds one Program from graph fragments and single ops, in the order of the calls.
type Builder struct {
	name   string
	layout *Layout
	code   []*instr
	noFuse bool // no fusion, no sharing of memory
	noFold bool // no constant folding

	environments []kernels.Environment

	tileItems int64 // see Tile
	division  *Division
	divided   bool // some ops have a Division
	built     bool

	planned, total int64
}

// NewBuilder returns an empty Program over the layout.
func NewBuilder(name string, l *Layout) *Builder { return &Builder{name: name, layout: l} }

// Tile sets the tile size: the number of items of the batch in one iteration of a loop. 0, the
// default, chooses by the amount of work and memory; a negative number disables loops. The tile size
// changes the last bits of sums over the batch.
func (b *Builder) Tile(items int) { b.tileItems = int64(items) }

// Temp returns a new temporary. Every run must write it before reading it. Temporaries that are not
// alive at the same time share memory.
func (b *Builder) Temp(name string, shape ...int) Tensor { return Tensor{newStore(b, name, shape)} }

// Part is a view of a temporary or a persistent tensor. It begins at offset, in floats.
func (b *Builder) Part(t Tensor, offset int, shape ...int) Tensor {
	return Tensor{t.view(fmt.Sprintf("%s+%d", t.name, offset), offset, shape)}
}

// Op appends an op. Its arguments are in the order of its Spec; an absent one is [None]. It panics
// if the descriptor does not fit the tensors.
func (b *Builder) Op(d kernels.Desc, args ...Tensor) {
	refs := make([]loc, len(args))
	for i, t := range args {
		if t == None {
			continue
		}
		if t.owner != b && t.owner != b.layout {
			panic(fmt.Sprintf("machine: Program %q, %s: tensor %s belongs to another layout or Builder", b.name, d.Op, t))
		}
		refs[i] = loc{t.root, t.off}
	}
	b.emit(d, refs)
}

func (b *Builder) emit(d kernels.Desc, args []loc) {
	in := &instr{d: d, division: b.division}
	copy(in.args[:], args)
	if err := in.check(len(args)); err != nil {
		panic(fmt.Sprintf("machine: Program %q: %v", b.name, err))
	}
	b.code = append(b.code, in)
}

// check compares the arguments with the Spec of the op.
func (in *instr) check(n int) error {
	spec, ok := kernels.SpecOf(in.d.Op)
	if !ok {
		return fmt.Errorf("unknown op %s", in.d.Op)
	}
	if n != len(spec.Args) {
		return fmt.Errorf("%s wants %d arguments, got %d", spec.Name, len(spec.Args), n)
	}
	for i, a := range spec.Args {
		r := in.args[i]
		if r.s == nil {
			if !a.Optional {
				return fmt.Errorf("%s: argument %s is missing", spec.Name, a.Name)
			}
			continue
		}
		if need := a.Len(&in.d); r.off < 0 || r.off+need > r.s.Len() {
			return fmt.Errorf("%s: argument %s needs floats [%d, %d) of %s (dimensions %v)",
				spec.Name, a.Name, r.off, r.off+need, r.s, in.d.Dim[:len(spec.Dims)])
		}
	}
	return nil
}

// access is one argument of an instr: the floats [from, to) of a root.
type access struct {
	arg         int
	s           *store
	from, to    int64
	read, write bool
}

// accesses lists the arguments that are present.
func (in *instr) accesses() []access {
	spec, _ := kernels.SpecOf(in.d.Op)
	list := make([]access, 0, len(spec.Args))
	for i, a := range spec.Args {
		r := in.args[i]
		if r.s == nil {
			continue
		}
		list = append(list, access{
			arg: i, s: r.s, from: r.off, to: r.off + a.Len(&in.d),
			read:  a.Mode == kernels.In || a.Mode == kernels.InOut || a.Mode == kernels.Out && in.d.Has(kernels.FlagAccumulate),
			write: a.Mode != kernels.In,
		})
	}
	return list
}

func (a access) overlaps(o access) bool { return a.s == o.s && a.from < o.to && o.from < a.to }

// whole reports whether the access covers all of a temporary.
func (a access) whole() bool {
	return !a.s.Persistent() && a.from == 0 && a.to == a.s.Len()
}
