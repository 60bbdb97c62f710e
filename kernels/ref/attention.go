package ref

import (
	"github.com/gmel-go/gmel/kernels"
)

func attentionOps[T Float]() family[T] {
	return family[T]{
		kernels.OpAttention:            (*op[T]).attention,
		kernels.OpAttentionGrad:        (*op[T]).attentionGrad,
		kernels.OpAttentionPenalty:     (*op[T]).penalty,
		kernels.OpAttentionPenaltyGrad: (*op[T]).attentionPenaltyGrad,
		kernels.OpAttentionEntropy:     (*op[T]).attentionEntropy,
	}
}

// head is the view of one head of one sample: rows of D numbers at distance ld.
type head[T Float] struct {
	n, d, ld int
	scale    T // 1 / sqrt D
}

// heads calls f for every (batch, head) in ascending order with the offset of the head.
func (o *op[T]) heads(f func(v head[T], pair, offset int)) {
	b, n, h, d := o.dim(0), o.dim(1), o.dim(2), o.dim(3)
	if n == 0 { // the offsets would be out of range
		return
	}
	v := head[T]{n, d, h * d, 1 / sqrt(T(d))}
	for pair := range b * h {
		f(v, pair, pair/h*n*v.ld+pair%h*d)
	}
}

// scores computes row i of s_ij = (q_i . k_j) * scale: a product sum in ascending d, then one
// multiplication. It computes s_ii too, which most callers ignore.
func (v head[T]) scores(s, q, k []T, i int) {
	for j := range s {
		s[j] = T(productSum(v.d, q[i*v.ld:], 1, k[j*v.ld:], 1) * v.scale)
	}
}

// noAgent is in place of an agent that a softmax leaves out.
const noAgent = -1

// softmax turns the scores of a row into weights: m = max of all but agent i, e_j = exp(s_j - m),
// e_i = +0, w_j = e_j * (1 / vector sum of e). It returns m and the sum. Without others all
// weights are +0.
func softmax[T Float](s []T, i int) (m, sum T) {
	if len(s) == 1 && i != noAgent {
		s[0] = 0
		return 0, 1
	}
	m = -inf[T]()
	for j, x := range s {
		if j != i && x > m {
			m = x
		}
	}
	for j, x := range s {
		s[j] = exp(x - m)
	}
	if i != noAgent {
		s[i] = 0
	}
	sum = vectorSum(s)
	inverse := 1 / sum
	for j := range s {
		s[j] *= inverse
	}
	return m, sum
}

// weights computes row i of the attention weights.
func (o *op[T]) weights(v head[T], w, q, k []T, i int) {
	v.scores(w, q, k, i)
	if o.Has(kernels.FlagSelf) {
		i = noAgent
	}
	softmax(w, i)
}

// attention: x_i is the product sum of weights and values in ascending j. It includes j = i, whose
// weight is +0 without FlagSelf.
func (o *op[T]) attention() {
	q, k, v, x := o.arg(0), o.arg(1), o.arg(2), o.arg(3)
	if penalty := o.arg(4); penalty != nil {
		o.attentionPenalty(q, k, penalty)
	}
	w := make([]T, o.dim(1))
	o.heads(func(a head[T], _, at int) {
		for i := range a.n {
			o.weights(a, w, q[at:], k[at:], i)
			for c := range a.d {
				x[at+i*a.ld+c] = productSum(a.n, w, 1, v[at+c:], a.ld)
			}
		}
	})
}

// attentionEntropy: the entropy of row i is log(sum) - vector sum of w_j (s_j - m), with both
// factors +0 at j = i. Rows are added in ascending i for every (batch, head). A vector sum adds
// these over the batch. The total is divided by float32(B N).
func (o *op[T]) attentionEntropy() {
	q, k, y := o.arg(0), o.arg(1), o.arg(2)
	b, n, h := o.dim(0), o.dim(1), o.dim(2)
	w, terms := make([]T, n), make([]T, n)
	partial := make([]T, h*b)
	o.heads(func(a head[T], pair, at int) {
		for i := range n {
			a.scores(w, q[at:], k[at:], i)
			partial[pair%h*b+pair/h] += rowEntropy(w, terms, i)
		}
	})
	for head := range y {
		y[head] = vectorSum(partial[head*b:(head+1)*b]) / T(b*n)
	}
}

func rowEntropy[T Float](s, terms []T, i int) T {
	copy(terms, s)
	m, sum := softmax(s, i)
	for j := range terms {
		terms[j] = T(s[j] * (terms[j] - m))
	}
	terms[i] = 0
	return log(sum) - vectorSum(terms)
}

func (o *op[T]) penalty() { o.attentionPenalty(o.arg(0), o.arg(1), o.arg(2)) }

// attentionPenalty: every row is a vector sum of the squared scores, +0 at j = i. Rows are added
// in ascending i for every (batch, head). A vector sum adds these in the order (batch, head).
// y = (Scalar[0] / count) * total with count = B h N (N-1).
func (o *op[T]) attentionPenalty(q, k, y []T) {
	s := make([]T, o.dim(1))
	partial := make([]T, o.dim(0)*o.dim(2))
	o.heads(func(a head[T], pair, at int) {
		for i := range a.n {
			a.scores(s, q[at:], k[at:], i)
			for j := range s {
				s[j] *= s[j]
			}
			s[i] = 0
			partial[pair] += vectorSum(s)
		}
	})
	y[0] = T(o.penaltyFactor() * vectorSum(partial))
}

// penaltyFactor is Scalar[0] / count, or 0 if there are no pairs.
func (o *op[T]) penaltyFactor() T {
	count := o.dim(0) * o.dim(2) * o.dim(1) * (o.dim(1) - 1)
	if count <= 0 {
		return 0
	}
	return o.scalar(0) / T(count)
}
