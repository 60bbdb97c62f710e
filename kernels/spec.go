package kernels

import "fmt"

// Mode says what an op does with an argument.
type Mode uint8

// The modes of an argument.
const (
	In    Mode = iota
	Out        // overwritten; with FlagAccumulate read and written
	InOut      // read and written
	Fresh      // overwritten, with FlagAccumulate too
)

// ArgSpec describes one argument of an op.
type ArgSpec struct {
	Name     string
	Mode     Mode
	Optional bool
	// Len is the number of floats the op may touch from the offset on.
	Len func(d *Desc) int64
}

// Spec describes an op to code that does not need its arithmetic: the validator, the memory
// planner, the compiler of loops, the dump and the conformance suite.
type Spec struct {
	Name string
	Args []ArgSpec
	Dims []string
	// Rare is how many dimensions at the end of Dims are 0 in most programs; a listing leaves them out where they are.
	Rare int
	// Random is true if the op uses Seed and Stream.
	Random bool
	// Accumulates is true if the op supports FlagAccumulate.
	Accumulates bool
	// Flops is the number of floating-point operations; nil for an op whose work is not measured in flops.
	Flops func(d *Desc) int64
	// Check reports a function, a flag or a dimension that the op does not allow. It is nil for an op without functions
	// whose only flag, if any, is FlagAccumulate.
	Check func(d *Desc) error
	// Gaps reports that an output has floats between its rows that the op does not write. It is nil for an op that
	// writes every float of its outputs.
	Gaps func(d *Desc) bool
	// Rows says how the op processes parts of a batch; ok is false if it cannot. Every op has this function.
	Rows func(d *Desc) (rows Rows, ok bool)
	// Terms says how the op adds up over the items of a batch, where Rows does not: the op cannot be cut into tiles, or has
	// several sums. Else it is nil.
	Terms func(d *Desc) Terms
}

// family is the Specs of related ops. They share a file op_*.go with their codes and formulas.
type family map[Op]Spec

var families = []family{
	gemmOps, pointwiseOps, reduceOps, controlOps, policyOps, attentionOps, convOps, gatherOps, randomOps, optimOps, normOps, imageOps, rolloutOps,
}

// specs is indexed by op code; code 0 is OpNone.
var specs = collect(families)

// collect panics when a code is missing or taken twice: codes are 1, 2, 3 and so on.
func collect(families []family) []Spec {
	n := 1
	for _, f := range families {
		n += len(f)
	}
	all := make([]Spec, n)
	for _, f := range families {
		for o, s := range f {
			if int(o) >= n || all[o].Name != "" {
				panic(fmt.Sprintf("kernels: code %d of op %s is taken, or not the next one: codes are 1 to %d", uint32(o), s.Name, n-1))
			}
			all[o] = s
		}
	}
	return all
}

// SpecOf returns the Spec of an op; ok is false for an unknown code.
func SpecOf(o Op) (spec *Spec, ok bool) {
	if o <= OpNone || int(o) >= len(specs) {
		return nil, false
	}
	return &specs[o], true
}

// Ops lists all op codes.
func Ops() []Op {
	var ops []Op
	for o := range specs[1:] {
		ops = append(ops, Op(o+1))
	}
	return ops
}

// check reports a function, a flag or a dimension that the op does not allow.
func (s *Spec) check(d *Desc) error {
	if s.Check != nil {
		return s.Check(d)
	}
	return d.checkPlain()
}

// checkPlain is for ops without functions.
func (d *Desc) checkPlain() error {
	if d.Fn != FnIdentity {
		return fmt.Errorf("%s has no function %s", d.Op, d.Fn)
	}
	return d.checkFlags(FlagAccumulate)
}

// checkFlags reports unknown flags.
func (d *Desc) checkFlags(known Flags) error {
	if d.Flags&^known != 0 {
		return fmt.Errorf("%s: unknown flags %04b", d.Op, d.Flags)
	}
	return nil
}

func in(name string, n func(*Desc) int64) ArgSpec    { return ArgSpec{name, In, false, n} }
func opt(name string, n func(*Desc) int64) ArgSpec   { return ArgSpec{name, In, true, n} }
func out(name string, n func(*Desc) int64) ArgSpec   { return ArgSpec{name, Out, false, n} }
func inout(name string, n func(*Desc) int64) ArgSpec { return ArgSpec{name, InOut, false, n} }

func optOut(name string, n func(*Desc) int64) ArgSpec { return ArgSpec{name, Out, true, n} }
func fresh(name string, n func(*Desc) int64) ArgSpec  { return ArgSpec{name, Fresh, false, n} }

var (
	one = constant(1)
	two = constant(2)
)

func dim(i int) func(*Desc) int64        { return func(d *Desc) int64 { return d.Dim[i] } }
func prod(i ...int) func(*Desc) int64    { return func(d *Desc) int64 { return product(d, i) } }
func constant(n int64) func(*Desc) int64 { return func(*Desc) int64 { return n } }

func product(d *Desc, idx []int) int64 {
	n := int64(1)
	for _, i := range idx {
		n = mul(n, d.Dim[i])
	}
	return n
}

// strided is the extent of rows x cols with a row stride and a column stride.
func strided(rows, cols, rs, cs int64) int64 {
	if rows == 0 || cols == 0 {
		return 0
	}
	return plus(plus(mul(rows-1, rs), mul(cols-1, cs)), 1)
}

func ldLen(ld int) func(*Desc) int64 {
	return func(d *Desc) int64 { return strided(d.Dim[0], d.Dim[1], d.Dim[ld], 1) }
}

// times is n with a constant factor.
func times(k int64, n func(*Desc) int64) func(*Desc) int64 {
	return func(d *Desc) int64 { return mul(k, n(d)) }
}
