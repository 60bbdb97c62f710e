package ptx

// An instruction acts on runs of neighbouring threads: for each run, a plain loop over slices of its registers. A table of
// instructions holds functions over such slices, written with each1 to each4, which the compiler inlines together with the
// function of one thread.

// lane is what a register holds for one thread. Predicates, numbers of 16 bits and float32 are in the bank of 32 bits, float64 in
// that of 64. A register of 16 bits has zeros above.
type lane interface{ uint32 | uint64 }

// run is threads lo to hi-1 of a block.
type run struct{ lo, hi int }

// action is what an instruction does for the threads of a run.
type action func(b *block, at run)

// operand is a register, or a number that every thread has in a register of its own.
type operand[T lane] interface {
	of(b *block, at run) []T
}

// r32 and r64 are registers by number in their bank.
type (
	r32 int32
	r64 int32
)

func (r r32) of(b *block, at run) []uint32 {
	return b.w32[int(r)*b.threads+at.lo : int(r)*b.threads+at.hi]
}

func (r r64) of(b *block, at run) []uint64 {
	return b.w64[int(r)*b.threads+at.lo : int(r)*b.threads+at.hi]
}

func fillWith[T any](all []T, x T) {
	for i := range all {
		all[i] = x
	}
}

func each1[D, A lane](d []D, a []A, f func(A) D) {
	a = a[:len(d)]
	for i := range d {
		d[i] = f(a[i])
	}
}

func each2[D, A, B lane](d []D, a []A, b []B, f func(A, B) D) {
	a, b = a[:len(d)], b[:len(d)]
	for i := range d {
		d[i] = f(a[i], b[i])
	}
}

func each3[D, A, B, C lane](d []D, a []A, b []B, c []C, f func(A, B, C) D) {
	a, b, c = a[:len(d)], b[:len(d)], c[:len(d)]
	for i := range d {
		d[i] = f(a[i], b[i], c[i])
	}
}

func each4[T, C lane](d, a, b []T, c, e []C, f func(a, b T, c, e C) T) {
	a, b, c, e = a[:len(d)], b[:len(d)], c[:len(d)], e[:len(d)]
	for i := range d {
		d[i] = f(a[i], b[i], c[i], e[i])
	}
}

// maker makes the action of an instruction from its operands.
type maker func(o *operands) action

func op1[D, A lane](f func([]D, []A)) maker {
	return func(o *operands) action {
		o.count(2)
		d, a := target[D](o, 0), source[A](o, 1)
		return func(b *block, at run) { f(d.of(b, at), a.of(b, at)) }
	}
}

func op2[D, A, B lane](f func([]D, []A, []B)) maker {
	return func(o *operands) action {
		o.count(3)
		d, a, b := target[D](o, 0), source[A](o, 1), source[B](o, 2)
		return func(x *block, at run) { f(d.of(x, at), a.of(x, at), b.of(x, at)) }
	}
}

func op3[D, A, B, C lane](f func([]D, []A, []B, []C)) maker {
	return func(o *operands) action {
		o.count(4)
		d, a, b, c := target[D](o, 0), source[A](o, 1), source[B](o, 2), source[C](o, 3)
		return func(x *block, at run) { f(d.of(x, at), a.of(x, at), b.of(x, at), c.of(x, at)) }
	}
}

func op4[T, C lane](f func(d, a, b []T, c, e []C)) maker {
	return func(o *operands) action {
		o.count(5)
		d, a, b, c, e := target[T](o, 0), source[T](o, 1), source[T](o, 2), source[C](o, 3), source[C](o, 4)
		return func(x *block, at run) { f(d.of(x, at), a.of(x, at), b.of(x, at), c.of(x, at), e.of(x, at)) }
	}
}
