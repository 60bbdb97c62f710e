package dataset

import "github.com/gmel-go/gmel/kernels/philox"

// Purposes of random numbers: the last word of a counter. The other words are what the numbers are for.
// They are far from the streams of kernels and worlds, which count from 0.
const (
	forSteel   = 0x64617400 + iota // (n, class, index)
	forSplit                       // (group)
	forDraw                        // (row)
	forAugment                     // (n, sample)
)

// dice are the random numbers of one thing, one after the other.
type dice struct {
	key   [2]uint32
	next  [4]uint32 // counter of the next block; its first word counts
	block [4]uint32
	used  int // words of the block that were given out, 0 before the first block
}

func newDice(seed uint64, a, b, purpose uint32) *dice {
	return &dice{key: philox.Key(seed), next: [4]uint32{0, a, b, purpose}, used: 4}
}

func (d *dice) word() uint32 {
	if d.used == 4 {
		d.block = philox.Block(d.key, d.next)
		d.next[0]++
		d.used = 0
	}
	d.used++
	return d.block[d.used-1]
}

// unit is uniform in [0, 1).
func (d *dice) unit() float64 { return float64(philox.Uniform(d.word())) }

func (d *dice) between(lo, hi float64) float64 { return mix(lo, hi, d.unit()) }

// upTo is a whole number from lo to hi.
func (d *dice) upTo(lo, hi int) int { return lo + int(d.unit()*float64(hi-lo+1)) }

// bell has mean 0 and variance 1: the sum of four uniform numbers, which needs no logarithm, so that all
// processors give the same bits.
func (d *dice) bell() float64 {
	sum := d.unit() + d.unit() + d.unit() + d.unit() - 2
	return sum * 1.7320508075688772 // sqrt(12/4)
}
