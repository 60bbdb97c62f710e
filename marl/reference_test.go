package marl

import "math"

// The float64 reference: the networks, the target and the losses written down plainly
// from the formulas, sharing nothing with the graphs. Matrices are row-major.

type matrix struct {
	rows, cols int
	v          []float64
}

func newMatrix(rows, cols int) matrix { return matrix{rows, cols, make([]float64, rows*cols)} }

func wrap(rows, cols int, v []float32) matrix {
	m := newMatrix(rows, cols)
	for i := range m.v {
		m.v[i] = float64(v[i])
	}
	return m
}

func (m matrix) row(i int) []float64     { return m.v[i*m.cols:][:m.cols] }
func (m matrix) at(i, j int) float64     { return m.v[i*m.cols+j] }
func (m matrix) set(i, j int, x float64) { m.v[i*m.cols+j] = x }

func identity(x float64) float64 { return x }
func leaky64(x float64) float64 {
	if x > 0 {
		return x
	}
	return float64(float32(0.01)) * x
}

// dense is f(x w + b); b may be nil.
func dense(x, w matrix, b []float64, f func(float64) float64) matrix {
	y := newMatrix(x.rows, w.cols)
	for i := range x.rows {
		for j := range w.cols {
			s := 0.0
			for k := range x.cols {
				s += x.at(i, k) * w.at(k, j)
			}
			if b != nil {
				s += b[j]
			}
			y.set(i, j, f(s))
		}
	}
	return y
}

func beside(a, b matrix) matrix {
	y := newMatrix(a.rows, a.cols+b.cols)
	for i := range a.rows {
		copy(y.row(i), a.row(i))
		copy(y.row(i)[a.cols:], b.row(i))
	}
	return y
}

func oneHot(a []float32, n int) matrix {
	y := newMatrix(len(a), n)
	for i, x := range a {
		y.set(i, int(x), 1)
	}
	return y
}

// refParams maps parameter names ("encoder.w") to matrices; a bias is one row.
type refParams map[string]matrix

func (p refParams) bias(name string) []float64 { return p[name].v }

// refCritic returns Q [B*A, U] and the mean squared attention logit.
func refCritic(p refParams, obs matrix, act []float32, agents, heads int, attention bool) (q matrix, penalty float64) {
	actions := p["output.w"].cols
	e := dense(beside(obs, oneHot(act, actions)), p["encoder.w"], p.bias("encoder.b"), leaky64)
	s := dense(obs, p["state.w"], p.bias("state.b"), leaky64)
	v := dense(e, p["value.w"], p.bias("value.b"), leaky64)
	query, key := newMatrix(s.rows, s.cols), newMatrix(s.rows, s.cols)
	if attention {
		query, key = dense(s, p["query.w"], nil, identity), dense(e, p["key.w"], nil, identity)
	}
	x, penalty := refAttention(query, key, v, agents, heads)
	h := dense(beside(s, x), p["hidden.w"], p.bias("hidden.b"), leaky64)
	return dense(h, p["output.w"], p.bias("output.b"), identity), penalty
}

func refAttention(q, k, v matrix, agents, heads int) (x matrix, penalty float64) {
	x = newMatrix(q.rows, q.cols)
	d, pairs := q.cols/heads, 0
	for i := range q.rows {
		first := i / agents * agents
		for h := range heads {
			w, sum, top := make([]float64, agents), 0.0, math.Inf(-1)
			for j := range agents {
				if first+j == i {
					continue
				}
				for c := h * d; c < (h+1)*d; c++ {
					w[j] += q.at(i, c) * k.at(first+j, c)
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
					x.v[i*x.cols+c] += w[j] / sum * v.at(first+j, c)
				}
			}
		}
	}
	return x, penalty / math.Max(1, float64(pairs))
}

// refActor returns logits and masked log-probabilities.
func refActor(p refParams, obs, mask matrix) (logits, logp matrix) {
	h := dense(obs, p["first.w"], p.bias("first.b"), leaky64)
	h = dense(h, p["second.w"], p.bias("second.b"), leaky64)
	logits = dense(h, p["logits.w"], p.bias("logits.b"), identity)
	logp = newMatrix(logits.rows, logits.cols)
	for i := range logits.rows {
		top, sum := math.Inf(-1), 0.0
		for j, z := range logits.row(i) {
			if mask.at(i, j) > 0 {
				top = max(top, z)
			}
		}
		for j, z := range logits.row(i) {
			if mask.at(i, j) > 0 {
				sum += math.Exp(z - top)
			}
		}
		for j, z := range logits.row(i) {
			logp.set(i, j, -1e9)
			if mask.at(i, j) > 0 {
				logp.set(i, j, z-top-math.Log(sum))
			}
		}
	}
	return logits, logp
}

// refTarget is y of target.go for one minibatch.
func refTarget(cfg *Config, reward, terminated []float64, q, logp matrix, act []float32) []float64 {
	y := make([]float64, len(reward))
	for i := range y {
		v := 0.0
		if cfg.TargetValue == TargetExpected {
			for a, l := range logp.row(i) {
				v += math.Exp(l) * (q.at(i, a) - cfg.Alpha*l)
			}
		} else {
			a := int(act[i])
			v = q.at(i, a) - cfg.Alpha*logp.at(i, a)
		}
		y[i] = reward[i] + cfg.Gamma*(1-terminated[i])*v
	}
	return y
}

// refCriticLoss is the mean squared error over the weighted rows plus the penalty.
func refCriticLoss(cfg *Config, q matrix, penalty float64, act []float32, y, weight []float64) float64 {
	sum, n := 0.0, 0.0
	for i := range y {
		td := q.at(i, int(act[i])) - y[i]
		sum += weight[i] * td * td
		n += weight[i]
	}
	return sum/math.Max(1, n) + cfg.AttentionPenalty*penalty
}

// refActorLoss is the closed form with the logit penalty.
func refActorLoss(cfg *Config, logits, logp, q matrix, active []float64) float64 {
	sum, n := 0.0, 0.0
	for i := range active {
		for a, l := range logp.row(i) {
			p, z := math.Exp(l), logits.at(i, a)
			sum += active[i] * (p*(cfg.Alpha*l-q.at(i, a)) + cfg.LogitPenalty*z*z/float64(logits.cols))
		}
		n += active[i]
	}
	return sum / math.Max(1, n)
}
