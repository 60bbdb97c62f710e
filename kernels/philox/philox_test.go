package philox

import (
	"math/rand/v2"
	"testing"
)

// TestKnownAnswers holds the philox4x32 10 rows of kat_vectors, the file of
// known answers of Random123 1.14 (D. E. Shaw Research).
func TestKnownAnswers(t *testing.T) {
	for _, c := range []struct {
		ctr  [4]uint32
		key  [2]uint32
		want [4]uint32
	}{
		{
			want: [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
		},
		{
			ctr:  [4]uint32{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
			key:  [2]uint32{0xffffffff, 0xffffffff},
			want: [4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
		},
		{
			ctr:  [4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
			key:  [2]uint32{0xa4093822, 0x299f31d0},
			want: [4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
		},
	} {
		if got := Block(c.key, c.ctr); got != c.want {
			t.Errorf("Block(%08x, %08x) = %08x, want %08x", c.key, c.ctr, got, c.want)
		}
	}
}

func TestUniformRange(t *testing.T) {
	if lo, hi := Uniform(0), Uniform(0xffffffff); lo != 0 || hi != 1-0x1p-24 {
		t.Errorf("Uniform covers [%v, %v], want [0, 1-2^-24]", lo, hi)
	}
	if lo, hi := UniformOpen(0), UniformOpen(0xffffffff); lo != 0x1p-24 || hi != 1 {
		t.Errorf("UniformOpen covers [%v, %v], want [2^-24, 1]", lo, hi)
	}
}

func TestUniformMoments(t *testing.T) {
	const n = 1 << 18
	var sum, square float64
	for i := range uint32(n / 4) {
		for _, u := range Block(Key(7), [4]uint32{i}) {
			x := float64(Uniform(u)) - 0.5
			sum += x
			square += x * x
		}
	}
	if mean := sum / n; mean > 2e-3 || mean < -2e-3 {
		t.Errorf("mean - 1/2 = %v", mean)
	}
	if v := square / n; v > 1.0/12+1e-3 || v < 1.0/12-1e-3 {
		t.Errorf("variance = %v, want 1/12", v)
	}
}

func TestSourceIsBlocksInOrder(t *testing.T) {
	s := NewSource(1<<40|5, 3)
	for n := range uint32(4) {
		b := Block(Key(1<<40|5), [4]uint32{n, 0, 3, 0})
		for h := range 2 {
			want := uint64(b[2*h]) | uint64(b[2*h+1])<<32
			if got := s.Uint64(); got != want {
				t.Fatalf("word %d.%d = %x, want %x", n, h, got, want)
			}
		}
	}
}

func TestSeekContinues(t *testing.T) {
	a, b := NewSource(9, 0), NewSource(9, 0)
	for range 7 {
		a.Uint64()
	}
	b.Seek(a.Position())
	for i := range 5 {
		if x, y := a.Uint64(), b.Uint64(); x != y {
			t.Fatalf("draw %d after Seek: %x, want %x", i, y, x)
		}
	}
	var _ rand.Source = a
}

func BenchmarkWords(b *testing.B) {
	var sink uint32
	for i := range b.N {
		u, _, _, _ := Words(1, 0, uint32(i), 0, 0, 0)
		sink ^= u
	}
	_ = sink
}
