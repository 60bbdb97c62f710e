package marltest

import "math"

// ServerCritic is a critic with vectors of servers.
type ServerCritic struct {
	Agents, Heads       int // that attend to each other; of the attention
	Attention, Matching bool
}

// Values is Critic for servers [B*A, C] of the candidates. With act nil it is a critic of states.
func (c ServerCritic) Values(p Params, obs Matrix, act []float32, servers Matrix) (q Matrix, penalty float64) {
	candidates, told := vectors(p["server_embedding"], servers, act)
	seen := Beside(obs, candidates)
	if act != nil {
		seen = Beside(Beside(Beside(obs, OneHot(act, p["output.w"].Cols)), candidates), told)
	}
	e := Dense(seen, p["encoder.w"], p.Bias("encoder.b"), Leaky)
	s := Dense(Beside(obs, candidates), p["state.w"], p.Bias("state.b"), Leaky)
	v := Dense(e, p["value.w"], p.Bias("value.b"), Leaky)
	query, key := NewMatrix(s.Rows, s.Cols), NewMatrix(s.Rows, s.Cols)
	if c.Attention {
		query, key = Dense(Beside(s, candidates), p["query.w"], nil, Identity), Dense(Beside(e, told), p["key.w"], nil, Identity)
	}
	if c.Attention && c.Matching {
		query, key = matchHeads(query, key, candidates, told, c.Heads)
	}
	x, penalty := Attention(query, key, v, c.Agents, c.Heads)
	h := Dense(Beside(s, x), p["hidden.w"], p.Bias("hidden.b"), Leaky)
	return Dense(h, p["output.w"], p.Bias("output.b"), Identity), penalty
}

// vectors are E of the candidates [B*A, C w] and of what keys are told: the choices [B*A, w], or the candidates where act is
// nil, for a table [M+1, w].
func vectors(table, servers Matrix, act []float32) (candidates, told Matrix) {
	w := table.Cols
	candidates, told = NewMatrix(servers.Rows, servers.Cols*w), NewMatrix(servers.Rows, w)
	for i := range servers.Rows {
		for c, m := range servers.Row(i) {
			copy(candidates.Row(i)[c*w:], table.Row(int(m)))
		}
		if act == nil {
			continue
		}
		switch a := int(act[i]); {
		case a == 0:
			copy(told.Row(i), table.Row(table.Rows-1))
		case a <= servers.Cols:
			copy(told.Row(i), table.Row(int(servers.At(i, a-1))))
		default: // the cloud, by candidate 1
			copy(told.Row(i), table.Row(int(servers.At(i, 0))))
		}
	}
	if act == nil {
		told = candidates
	}
	return candidates, told
}

// matchHeads completes queries and keys: head h compares candidate h mod C with the choice, or with that candidate of another
// agent. The vector of a server has 8 numbers.
func matchHeads(query, key, candidates, told Matrix, heads int) (q, k Matrix) {
	const w = 8
	n := query.Cols / heads
	d, count := n+w, candidates.Cols/w
	q, k = NewMatrix(query.Rows, heads*d), NewMatrix(query.Rows, heads*d)
	for i := range query.Rows {
		for h := range heads {
			copy(q.Row(i)[h*d:], query.Row(i)[h*n:][:n])
			copy(k.Row(i)[h*d:], key.Row(i)[h*n:][:n])
			copy(k.Row(i)[h*d+n:], told.Row(i)[h%(told.Cols/w)*w:][:w])
			for j, x := range candidates.Row(i)[h%count*w:][:w] {
				q.Row(i)[h*d+n+j] = 3 * math.Sqrt(float64(d)) * x
			}
		}
	}
	return q, k
}
