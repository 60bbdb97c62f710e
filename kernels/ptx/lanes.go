package ptx

import "math/bits"

// MaxThreads is the most threads that a block can have.
const MaxThreads = 1024

const warpSize = 32

// lanes is a set of threads of a block: one word a warp.
type lanes [MaxThreads / warpSize]uint32

// firstLanes is threads 0 to n-1.
func firstLanes(n int) (s lanes) {
	for w := range s {
		if k := n - w*warpSize; k > 0 {
			s[w] = uint32(uint64(1)<<min(k, warpSize) - 1)
		}
	}
	return s
}

func (s *lanes) empty() bool { return *s == lanes{} }

func (s *lanes) count() (n int) {
	for _, w := range s {
		n += bits.OnesCount32(w)
	}
	return n
}

// first is the lowest thread of a set that is not empty.
func (s *lanes) first() int {
	for w, x := range s {
		if x != 0 {
			return w*warpSize + bits.TrailingZeros32(x)
		}
	}
	return -1
}

// without is the threads of s that are not in o.
func (s *lanes) without(o *lanes) (d lanes) {
	for w := range s {
		d[w] = s[w] &^ o[w]
	}
	return d
}

// with is the threads of both.
func (s *lanes) with(o *lanes) (d lanes) {
	for w := range s {
		d[w] = s[w] | o[w]
	}
	return d
}

// runs appends the runs of neighbouring threads.
func (s *lanes) runs(to []run) []run {
	for w, x := range s {
		for at := w * warpSize; x != 0; {
			skip := bits.TrailingZeros32(x)
			length := bits.TrailingZeros32(^(x >> skip))
			at += skip
			if n := len(to); n > 0 && to[n-1].hi == at {
				to[n-1].hi = at + length
			} else {
				to = append(to, run{at, at + length})
			}
			at += length
			x = uint32(uint64(x) >> (skip + length))
		}
	}
	return to
}
