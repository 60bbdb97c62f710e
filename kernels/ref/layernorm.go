package ref

// layerNorm: see [kernels.OpLayerNorm].
func (o *op[T]) layerNorm() {
	x, gamma, beta, y, stats := o.arg(0), o.arg(1), o.arg(2), o.arg(3), o.arg(4)
	n := o.dim(1)
	terms := make([]T, n)
	for i := range o.dim(0) {
		row := row(x, i, n)
		mean := vectorSum(row) / T(n)
		for j := range row {
			d := row[j] - mean
			terms[j] = T(d * d)
		}
		rstd := 1 / sqrt(vectorSum(terms)/T(n)+o.scalar(0))
		stats[2*i], stats[2*i+1] = mean, rstd
		for j := range row {
			y[i*n+j] = fma(T((row[j]-mean)*rstd), gamma[j], beta[j])
		}
	}
}

// layerNormGrad: see [kernels.OpLayerNormGrad].
func (o *op[T]) layerNormGrad() {
	x, stats, gamma, dy, dx := o.arg(0), o.arg(1), o.arg(2), o.arg(3), o.arg(4)
	m, n := o.dim(0), o.dim(1)
	xhat := func(i, j int) T { return T((x[i*n+j] - stats[2*i]) * stats[2*i+1]) }
	g, terms := make([]T, n), make([]T, n)
	for i := range m {
		for j := range g {
			g[j] = T(dy[i*n+j] * gamma[j])
			terms[j] = T(g[j] * xhat(i, j))
		}
		m1, m2 := vectorSum(g)/T(n), vectorSum(terms)/T(n)
		for j := range g {
			o.put(&dx[i*n+j], T(fma(-xhat(i, j), m2, g[j]-m1)*stats[2*i+1]))
		}
	}
	for j := range n {
		o.arg(5)[j] = rowSum(m, func(s T, i int) T { return fma(dy[i*n+j], xhat(i, j), s) })
		o.arg(6)[j] = rowSum(m, func(s T, i int) T { return s + dy[i*n+j] })
	}
}
