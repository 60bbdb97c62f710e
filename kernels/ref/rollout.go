package ref

import (
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/philox"
)

func rolloutOps[T Float]() family[T] {
	return family[T]{
		kernels.OpGAE:     (*op[T]).gae,
		kernels.OpShuffle: (*op[T]).shuffle,
	}
}

// gae computes every sequence from its last slot to its first.
func (o *op[T]) gae() {
	reward, value, next, ended, a := o.arg(0), o.arg(1), o.arg(2), o.arg(3), o.arg(4)
	slots, m := o.dim(0), o.dim(1)
	gamma, c := o.scalar(0), T(o.scalar(0)*o.scalar(1))
	for i := range m {
		var later T
		for t := slots - 1; t >= 0; t-- {
			at := t*m + i
			var follows, rest T
			if ended[at] != kernels.Terminated {
				follows = T(gamma * next[at])
			}
			if ended[at] == kernels.GoesOn {
				rest = T(c * later)
			}
			later = ((reward[at] + follows) - value[at]) + rest
			a[at] = later
		}
	}
}

// rounds of the Feistel network of [kernels.OpShuffle].
const rounds = 12

// feistel is one permutation of 0 .. a*b-1, chosen by its number.
type feistel struct {
	a, b   uint64
	key    [2]uint32
	number uint64
	stream uint32
}

func (o *op[T]) shuffle() {
	counter, y, n := o.arg(0), o.arg(1), uint64(o.Dim[1])
	first := uint64(counter[0])*kernels.CounterBase + uint64(counter[1])
	f := feistel{a: 1, key: philox.Key(o.Seed), stream: o.Stream}
	for f.a*f.a < n {
		f.a++
	}
	f.b = (n + f.a - 1) / f.a
	for i := range y {
		at := first + uint64(i)
		f.number = at / n
		x := f.permute(at % n)
		for x >= n {
			x = f.permute(x)
		}
		y[i] = T(x)
	}
}

func (f *feistel) permute(x uint64) uint64 {
	l, r := x%f.a, x/f.a
	for round := uint32(0); round < rounds; round += 2 {
		l = (l + f.word(r, round)) % f.a
		r = (r + f.word(l, round+1)) % f.b
	}
	return r*f.a + l
}

func (f *feistel) word(z uint64, round uint32) uint64 {
	counter := [4]uint32{uint32(z), uint32(f.number), 32*uint32(f.number>>32) + round, f.stream}
	return uint64(philox.Block(f.key, counter)[0])
}
