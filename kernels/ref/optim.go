package ref

import (
	"github.com/gmel-go/gmel/kernels"
)

func optimOps[T Float]() family[T] {
	return family[T]{
		kernels.OpAdam:      (*op[T]).adam,
		kernels.OpAdamTick:  (*op[T]).adamTick,
		kernels.OpPolyak:    (*op[T]).polyak,
		kernels.OpClipScale: (*op[T]).clipScale,
	}
}

// adam: see [kernels.OpAdam]. g is first multiplied by scale if scale is present. Every operation
// that is not written as fma is rounded.
func (o *op[T]) adam() {
	p, g, m, v, state, scale := o.arg(0), o.arg(1), o.arg(2), o.arg(3), o.arg(4), o.arg(5)
	b1, b2, eps := o.scalar(0), o.scalar(1), o.scalar(2)
	c1, c2 := 1-b1, 1-b2
	rate, correction := state[0]/(1-state[1]), 1-state[2]
	for i := range p {
		gi := g[i]
		if scale != nil {
			gi *= scale[0]
		}
		m[i] = fma(b1, m[i], T(c1*gi))
		v[i] = fma(b2, v[i], T(T(c2*gi)*gi))
		p[i] -= T(rate*m[i]) / (sqrt(v[i]/correction) + eps)
	}
}

func (o *op[T]) adamTick() {
	state := o.arg(0)
	state[1] *= o.scalar(0)
	state[2] *= o.scalar(1)
}

func (o *op[T]) polyak() {
	p, t := o.arg(0), o.arg(1)
	for i := range t {
		t[i] = fma(o.scalar(0), p[i]-t[i], t[i])
	}
}

// normGuard keeps the division of clipScale finite.
const normGuard = 1e-6

// clipScale: the scale is NaN if the norm is NaN, so that a bad gradient is not hidden.
func (o *op[T]) clipScale() {
	norm := sqrt(o.arg(0)[0])
	s := o.scalar(0) / (norm + normGuard)
	if s > 1 {
		s = 1
	}
	o.arg(1)[0], o.arg(2)[0] = norm, s
}
