package marltest

import "math"

// ServerCritic is Critic with vectors of servers: servers [B*A, C] are the servers of the candidates.
func ServerCritic(p Params, obs Matrix, act []float32, servers Matrix, agents, heads int, attention, matching bool) (q Matrix, penalty float64) {
	candidates, chosen := vectors(p["server_embedding"], servers, act)
	e := Dense(Beside(Beside(Beside(obs, OneHot(act, p["output.w"].Cols)), candidates), chosen), p["encoder.w"], p.Bias("encoder.b"), Leaky)
	s := Dense(Beside(obs, candidates), p["state.w"], p.Bias("state.b"), Leaky)
	v := Dense(e, p["value.w"], p.Bias("value.b"), Leaky)
	query, key := NewMatrix(s.Rows, s.Cols), NewMatrix(s.Rows, s.Cols)
	if attention {
		query, key = Dense(Beside(s, candidates), p["query.w"], nil, Identity), Dense(Beside(e, chosen), p["key.w"], nil, Identity)
	}
	if attention && matching {
		query, key = matchHeads(query, key, candidates, chosen, heads)
	}
	x, penalty := Attention(query, key, v, agents, heads)
	h := Dense(Beside(s, x), p["hidden.w"], p.Bias("hidden.b"), Leaky)
	return Dense(h, p["output.w"], p.Bias("output.b"), Identity), penalty
}

// vectors are E of the candidates [B*A, C w] and of the choices [B*A, w] for a table [M+1, w].
func vectors(table, servers Matrix, act []float32) (candidates, chosen Matrix) {
	w := table.Cols
	candidates, chosen = NewMatrix(servers.Rows, servers.Cols*w), NewMatrix(servers.Rows, w)
	for i := range servers.Rows {
		for c, m := range servers.Row(i) {
			copy(candidates.Row(i)[c*w:], table.Row(int(m)))
		}
		switch a := int(act[i]); {
		case a == 0:
			copy(chosen.Row(i), table.Row(table.Rows-1))
		case a <= servers.Cols:
			copy(chosen.Row(i), table.Row(int(servers.At(i, a-1))))
		default: // the cloud, by candidate 1
			copy(chosen.Row(i), table.Row(int(servers.At(i, 0))))
		}
	}
	return candidates, chosen
}

// matchHeads completes queries and keys: head h compares candidate h mod C with the choice.
func matchHeads(query, key, candidates, chosen Matrix, heads int) (q, k Matrix) {
	w, n := chosen.Cols, query.Cols/heads
	d, count := n+w, candidates.Cols/chosen.Cols
	q, k = NewMatrix(query.Rows, heads*d), NewMatrix(query.Rows, heads*d)
	for i := range query.Rows {
		for h := range heads {
			copy(q.Row(i)[h*d:], query.Row(i)[h*n:][:n])
			copy(k.Row(i)[h*d:], key.Row(i)[h*n:][:n])
			copy(k.Row(i)[h*d+n:], chosen.Row(i))
			for j, x := range candidates.Row(i)[h%count*w:][:w] {
				q.Row(i)[h*d+n+j] = 3 * math.Sqrt(float64(d)) * x
			}
		}
	}
	return q, k
}
