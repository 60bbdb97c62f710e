package dataset

// rgb is an image of 8 bits and three channels: pix[3*(y*w+x)+c].
type rgb struct {
	w, h int
	pix  []byte
}

// taps is where an output pixel comes from along one axis: weights of the inputs from first on.
type taps struct {
	first  int
	weight []int64
}

// axis is the taps from n inputs to m outputs, and the sum of the weights of each output. Fewer outputs: each is the
// mean over the length that it covers. More outputs: linear interpolation between the centres of the inputs. Weights are
// whole numbers, so that the result is exact and the same everywhere.
func axis(n, m int) (all []taps, total int64) {
	if m <= n {
		for i := range m {
			from, to := i*n, (i+1)*n // in units of which an input has m
			t := taps{first: from / m}
			for j := t.first; j*m < to; j++ {
				t.weight = append(t.weight, int64(min(to, (j+1)*m)-max(from, j*m)))
			}
			all = append(all, t)
		}
		return all, int64(n)
	}
	for i := range m {
		center := min(2*m*(n-1), max(0, (2*i+1)*n-m)) // in units of which an input has 2m
		t := taps{first: center / (2 * m)}
		right := center % (2 * m)
		t.weight = []int64{int64(2*m - right)}
		if right > 0 {
			t.weight = append(t.weight, int64(right))
		}
		all = append(all, t)
	}
	return all, int64(2 * m)
}

// resize scales an image to w by h pixels.
func (p rgb) resize(w, h int) rgb {
	if w == p.w && h == p.h {
		return p
	}
	across, totalX := axis(p.w, w)
	down, totalY := axis(p.h, h)
	lines := make([]int64, 3*w*p.h) // [p.h, w, 3], times totalX
	for y := range p.h {
		for x, t := range across {
			for k, weight := range t.weight {
				from := 3 * (y*p.w + t.first + k)
				for c := range 3 {
					lines[3*(y*w+x)+c] += weight * int64(p.pix[from+c])
				}
			}
		}
	}
	out := rgb{w, h, make([]byte, 3*w*h)}
	total := totalX * totalY
	for y, t := range down {
		for i := range 3 * w {
			sum := total / 2
			for k, weight := range t.weight {
				sum += weight * lines[3*w*(t.first+k)+i]
			}
			out.pix[3*w*y+i] = byte(sum / total)
		}
	}
	return out
}

// crop is the middle part with the aspect of w to h, as large as possible.
func (p rgb) crop(w, h int) rgb {
	cw, ch := p.w, p.h
	if p.w*h > p.h*w {
		cw = max(1, (2*p.h*w+h)/(2*h))
	} else {
		ch = max(1, (2*p.w*h+w)/(2*w))
	}
	out := rgb{cw, ch, make([]byte, 0, 3*cw*ch)}
	left, top := (p.w-cw)/2, (p.h-ch)/2
	for y := range ch {
		from := 3 * ((top+y)*p.w + left)
		out.pix = append(out.pix, p.pix[from:from+3*cw]...)
	}
	return out
}

// inside scales an image so that it fits into w by h pixels with its aspect.
func (p rgb) inside(w, h int) rgb {
	if p.w*h > p.h*w {
		return p.resize(w, max(1, (2*p.h*w+p.w)/(2*p.w)))
	}
	return p.resize(max(1, (2*p.w*h+p.h)/(2*p.h)), h)
}

// extend repeats the border pixels on all sides up to w by h.
func (p rgb) extend(w, h int) rgb {
	out := rgb{w, h, make([]byte, 0, 3*w*h)}
	left, top := (w-p.w)/2, (h-p.h)/2
	for y := range h {
		for x := range w {
			from := 3 * (clamp(y-top, p.h)*p.w + clamp(x-left, p.w))
			out.pix = append(out.pix, p.pix[from:from+3]...)
		}
	}
	return out
}

func clamp(i, n int) int { return min(n-1, max(0, i)) }
