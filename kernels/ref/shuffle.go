package ref

import (
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/philox"
)

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
