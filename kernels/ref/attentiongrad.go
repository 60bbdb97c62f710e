package ref

// square is an N x N matrix of one head.
type square[T Float] struct {
	n int
	x []T
}

func newSquare[T Float](n int) square[T] { return square[T]{n, make([]T, n*n)} }

func (s square[T]) row(i int) []T { return s.x[i*s.n : (i+1)*s.n] }

// rowsTimes: out_i = product sum over ascending j of s_ij y_j.
func (o *op[T]) rowsTimes(a head[T], s square[T], y, out []T) {
	for i := range a.n {
		for c := range a.d {
			o.put(&out[i*a.ld+c], productSum(a.n, s.row(i), 1, y[c:], a.ld))
		}
	}
}

// colsTimes: out_j = product sum over ascending i of s_ij y_i.
func (o *op[T]) colsTimes(a head[T], s square[T], y, out []T) {
	for j := range a.n {
		for c := range a.d {
			o.put(&out[j*a.ld+c], productSum(a.n, s.x[j:], a.n, y[c:], a.ld))
		}
	}
}

// attentionGrad, with the weights w_ij of the forward op:
//
//	dw_ij = dx_i . v_j                 product sum over d
//	t_i   = vector sum of w_ij dw_ij   products rounded
//	ds_ij = (w_ij (dw_ij - t_i)) scale
//	dv_j  = sum_i w_ij dx_i,  dq_i = sum_j ds_ij k_j,  dk_j = sum_i ds_ij q_i
//
// If the op includes the penalty, the ds_ij of attentionPenaltyGrad is added to ds_ij.
func (o *op[T]) attentionGrad() {
	q, k, v, dx := o.arg(0), o.arg(1), o.arg(2), o.arg(3)
	dq, dk, dv := o.arg(4), o.arg(5), o.arg(6)
	dpenalty := o.arg(7)
	w, ds, more := newSquare[T](o.dim(1)), newSquare[T](o.dim(1)), make([]T, o.dim(1))
	o.heads(func(a head[T], _, at int) {
		for i := range a.n {
			o.weights(a, w.row(i), q[at:], k[at:], i)
			a.scoreGrad(ds.row(i), w.row(i), dx[at+i*a.ld:], v[at:])
			if dpenalty == nil {
				continue
			}
			o.penaltyGrad(a, more, q[at:], k[at:], i, dpenalty[0])
			for j, x := range more {
				ds.row(i)[j] += x
			}
		}
		o.colsTimes(a, w, dx[at:], dv[at:])
		o.rowsTimes(a, ds, k[at:], dq[at:])
		o.colsTimes(a, ds, q[at:], dk[at:])
	})
}

func (a head[T]) scoreGrad(ds, w, dx, v []T) {
	terms := make([]T, a.n)
	for j := range ds {
		ds[j] = productSum(a.d, dx, 1, v[j*a.ld:], 1)
		terms[j] = w[j] * ds[j]
	}
	t := vectorSum(terms)
	for j := range ds {
		ds[j] = T(w[j]*(ds[j]-t)) * a.scale
	}
}

// attentionPenaltyGrad: ds_ij = s_ij f with f = ((2 factor) dy) scale, +0 at j = i; then
// dq and dk as in attentionGrad.
func (o *op[T]) attentionPenaltyGrad() {
	q, k, dy, dq, dk := o.arg(0), o.arg(1), o.arg(2)[0], o.arg(3), o.arg(4)
	ds := newSquare[T](o.dim(1))
	o.heads(func(a head[T], _, at int) {
		for i := range a.n {
			o.penaltyGrad(a, ds.row(i), q[at:], k[at:], i, dy)
		}
		o.rowsTimes(a, ds, k[at:], dq[at:])
		o.colsTimes(a, ds, q[at:], dk[at:])
	})
}

// penaltyGrad computes row i of the penalty's gradient with respect to q_i . k_j.
func (o *op[T]) penaltyGrad(a head[T], ds, q, k []T, i int, dy T) {
	f := 2 * o.penaltyFactor() * dy * a.scale
	a.scores(ds, q, k, i)
	for j := range ds {
		ds[j] *= f
	}
	ds[i] = 0
}
