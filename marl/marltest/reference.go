package marltest

import "math"

// The float64 reference: the networks, the target and the losses, written plainly from the formulas.
// It shares no code with the graphs. Matrices are row-major.

// Matrix is row-major.
type Matrix struct {
	Rows, Cols int
	V          []float64
}

// NewMatrix is all zeros.
func NewMatrix(rows, cols int) Matrix { return Matrix{rows, cols, make([]float64, rows*cols)} }

// Wrap copies v to float64.
func Wrap(rows, cols int, v []float32) Matrix {
	m := NewMatrix(rows, cols)
	for i := range m.V {
		m.V[i] = float64(v[i])
	}
	return m
}

// Row i, not copied.
func (m Matrix) Row(i int) []float64 { return m.V[i*m.Cols:][:m.Cols] }

// At is an element.
func (m Matrix) At(i, j int) float64 { return m.V[i*m.Cols+j] }

// Set changes an element.
func (m Matrix) Set(i, j int, x float64) { m.V[i*m.Cols+j] = x }

// Identity is the activation of last layers.
func Identity(x float64) float64 { return x }

// Leaky is the activation of hidden layers, with the slope 0.01 in float32.
func Leaky(x float64) float64 {
	if x > 0 {
		return x
	}
	return float64(float32(0.01)) * x
}

// Dense is f(x w + b); b may be nil.
func Dense(x, w Matrix, b []float64, f func(float64) float64) Matrix {
	y := NewMatrix(x.Rows, w.Cols)
	for i := range x.Rows {
		for j := range w.Cols {
			s := 0.0
			for k := range x.Cols {
				s += x.At(i, k) * w.At(k, j)
			}
			if b != nil {
				s += b[j]
			}
			y.Set(i, j, f(s))
		}
	}
	return y
}

// Beside is [a b], the columns of a and then of b.
func Beside(a, b Matrix) Matrix {
	y := NewMatrix(a.Rows, a.Cols+b.Cols)
	for i := range a.Rows {
		copy(y.Row(i), a.Row(i))
		copy(y.Row(i)[a.Cols:], b.Row(i))
	}
	return y
}

// OneHot has a row for every action in a, with a 1 at that action of n.
func OneHot(a []float32, n int) Matrix {
	y := NewMatrix(len(a), n)
	for i, x := range a {
		y.Set(i, int(x), 1)
	}
	return y
}

// Params maps parameter names ("encoder.w") to matrices; a bias is one row.
type Params map[string]Matrix

// Bias is a parameter as a vector.
func (p Params) Bias(name string) []float64 { return p[name].V }

// Critic returns Q [B*A, U] and the mean squared attention logit.
func Critic(p Params, obs Matrix, act []float32, agents, heads int, attention bool) (q Matrix, penalty float64) {
	actions := p["output.w"].Cols
	e := Dense(Beside(obs, OneHot(act, actions)), p["encoder.w"], p.Bias("encoder.b"), Leaky)
	s := Dense(obs, p["state.w"], p.Bias("state.b"), Leaky)
	v := Dense(e, p["value.w"], p.Bias("value.b"), Leaky)
	query, key := NewMatrix(s.Rows, s.Cols), NewMatrix(s.Rows, s.Cols)
	if attention {
		query, key = Dense(s, p["query.w"], nil, Identity), Dense(e, p["key.w"], nil, Identity)
	}
	x, penalty := Attention(query, key, v, agents, heads)
	h := Dense(Beside(s, x), p["hidden.w"], p.Bias("hidden.b"), Leaky)
	return Dense(h, p["output.w"], p.Bias("output.b"), Identity), penalty
}

// Attention of each agent over the others, x [B*A, H], with the mean squared logit.
func Attention(q, k, v Matrix, agents, heads int) (x Matrix, penalty float64) {
	x = NewMatrix(q.Rows, q.Cols)
	d, pairs := q.Cols/heads, 0
	for i := range q.Rows {
		first := i / agents * agents
		for h := range heads {
			w, sum, top := make([]float64, agents), 0.0, math.Inf(-1)
			for j := range agents {
				if first+j == i {
					continue
				}
				for c := h * d; c < (h+1)*d; c++ {
					w[j] += q.At(i, c) * k.At(first+j, c)
				}
				w[j] /= math.Sqrt(float64(d))
				penalty += w[j] * w[j]
				pairs++
				top = max(top, w[j])
			}
			for j := range agents {
				if first+j != i {
					w[j] = math.Exp(w[j] - top)
					sum += w[j]
				}
			}
			for j := range agents {
				if first+j == i {
					continue
				}
				for c := h * d; c < (h+1)*d; c++ {
					x.V[i*x.Cols+c] += w[j] / sum * v.At(first+j, c)
				}
			}
		}
	}
	return x, penalty / math.Max(1, float64(pairs))
}

// Actor returns logits and masked log-probabilities.
func Actor(p Params, obs, mask Matrix) (logits, logp Matrix) {
	h := Dense(obs, p["first.w"], p.Bias("first.b"), Leaky)
	h = Dense(h, p["second.w"], p.Bias("second.b"), Leaky)
	logits = Dense(h, p["logits.w"], p.Bias("logits.b"), Identity)
	logp = NewMatrix(logits.Rows, logits.Cols)
	for i := range logits.Rows {
		top, sum := math.Inf(-1), 0.0
		for j, z := range logits.Row(i) {
			if mask.At(i, j) > 0 {
				top = max(top, z)
			}
		}
		for j, z := range logits.Row(i) {
			if mask.At(i, j) > 0 {
				sum += math.Exp(z - top)
			}
		}
		for j, z := range logits.Row(i) {
			logp.Set(i, j, -1e9)
			if mask.At(i, j) > 0 {
				logp.Set(i, j, z-top-math.Log(sum))
			}
		}
	}
	return logits, logp
}

// CriticLoss is the mean squared error over the weighted rows plus the penalty.
func CriticLoss(penaltyWeight float64, q Matrix, penalty float64, act []float32, y, weight []float64) float64 {
	sum, n := 0.0, 0.0
	for i := range y {
		td := q.At(i, int(act[i])) - y[i]
		sum += weight[i] * td * td
		n += weight[i]
	}
	return sum/math.Max(1, n) + penaltyWeight*penalty
}

// Deciding is 1 for each row of a mask with two or more legal actions, else 0.
func Deciding(mask Matrix) []float64 {
	d := make([]float64, mask.Rows)
	for i := range d {
		legal := 0.0
		for _, m := range mask.Row(i) {
			legal += m
		}
		if legal > 1 {
			d[i] = 1
		}
	}
	return d
}

// MeanOver is the mean of f over the rows with weights w, 0 or 1.
func MeanOver(w []float64, f func(row int) float64) float64 {
	sum, n := 0.0, 0.0
	for i, x := range w {
		sum += x * f(i)
		n += x
	}
	return sum / math.Max(1, n)
}
