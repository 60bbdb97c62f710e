package diffusion

import "math"

// UniPC is the multistep predictor-corrector of Zhao et al., "UniPC", arXiv 2302.04867, algorithms 5 to 8, which predicts x_0, with
// B(h) = e^h - 1 (B_2) and order 1 to 3. Every evaluation corrects the x that it was made at and predicts the next one, so the
// corrector costs no evaluation. The order grows from 1 with the slopes that are known and falls to 1 at the end. Order 2 is the safe
// one: at ten steps or fewer, order 3 extrapolates too far.
func UniPC(levels []Level, order int) Plan {
	orderOf := func(i int) int { return min(order, i+1, len(levels)-1-i) }
	return steps(levels, func(i int, from, to Level) Evaluation {
		e := Evaluation{Level: from, To: to, Slope: estimated, Base: Sum{X: 1}}
		if i > 0 {
			e.Base = unipcStep(levels[:i+1], orderOf(i-1), true)
		}
		e.Next = unipcStep(levels[:i+2], orderOf(i), false)
		return e
	})
}

// unipcStep is one step to the last of the levels from the one before it. A corrector, UniC, also knows the estimate at the last
// level; then the newest slope is that one, and otherwise it is the estimate at the level before it.
func unipcStep(levels []Level, order int, corrector bool) Sum {
	n := len(levels)
	from, to := levels[n-2], levels[n-1]
	h := to.LogSNR() - from.LogSNR()
	phi := math.Expm1(-h) // h phi_1 of -h, and B(h)
	newest := 0           // the slope of level from
	if corrector {
		newest = 1
	}
	sum := Sum{Base: to.Sigma / from.Sigma}
	sum.Slope[newest] = -to.Alpha * phi
	var places []float64 // r_k, places of the further estimates in units of h
	for k := range order - 1 {
		places = append(places, (levels[n-3-k].LogSNR()-from.LogSNR())/h)
	}
	if corrector {
		places = append(places, 1)
	}
	for k, rho := range unipcWeights(places, -h) {
		at := newest + 1 + k
		if corrector && k == order-1 {
			at = 0
		}
		w := to.Alpha * phi * rho / places[k]
		sum.Slope[at] -= w
		sum.Slope[newest] += w
	}
	return sum
}

// unipcWeights solves R rho = b, equations 5 and 6 of the paper: R_jk = r_k^(j-1) and b_j = j! h phi_(j+1) / B. A single
// unknown has the weight 1/2, which keeps the order.
func unipcWeights(places []float64, h float64) []float64 {
	n := len(places)
	if n == 1 {
		return []float64{0.5}
	}
	rows := make([][]float64, n)
	factorial, phi := 1.0, math.Expm1(h)/h-1
	for j := range rows {
		row := make([]float64, n+1)
		for k, r := range places {
			row[k] = math.Pow(r, float64(j))
		}
		row[n] = phi * factorial / math.Expm1(h)
		factorial *= float64(j + 2)
		phi = phi/h - 1/factorial
		rows[j] = row
	}
	return solve(rows)
}

// solve solves a small system by Gaussian elimination with pivots; each row ends with its right side.
func solve(rows [][]float64) []float64 {
	n := len(rows)
	for k := range rows {
		pivot := k
		for j := k; j < n; j++ {
			if math.Abs(rows[j][k]) > math.Abs(rows[pivot][k]) {
				pivot = j
			}
		}
		rows[k], rows[pivot] = rows[pivot], rows[k]
		for j := range rows {
			if j == k {
				continue
			}
			f := rows[j][k] / rows[k][k]
			for c := k; c <= n; c++ {
				rows[j][c] -= f * rows[k][c]
			}
		}
	}
	x := make([]float64, n)
	for k := range x {
		x[k] = rows[k][n] / rows[k][k]
	}
	return x
}
