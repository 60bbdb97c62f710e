package kerneltest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// Sizes around the edges of vectors, tiles and blocks, from which random trials are drawn.
var edges = []int64{
	1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 24, 25, 31, 32, 33, 47, 48, 49, 63, 64, 65, 96, 97, 127, 128, 129,
	kernels.BlockK - 1, kernels.BlockK, kernels.BlockK + 1, 2*kernels.BlockK + 1, 1000, kernels.Chunk - 1, kernels.Chunk, kernels.Chunk + 1, 2*kernels.Chunk + 17,
}

// dice draws the parts of a random trial.
type dice struct{ *rand.Rand }

// size draws one of the edges up to most: small ones more often, 0 rarely.
func (r dice) size(most int64) int64 {
	if most < 1 || r.IntN(60) == 0 {
		return 0
	}
	n, _ := slices.BinarySearch(edges, most+1)
	return edges[min(r.IntN(n), r.IntN(n)+n/4, n-1)]
}

// share is the largest size that keeps a product of sizes below limit.
func share(limit int64, sizes ...int64) int64 {
	for _, s := range sizes {
		limit /= max(s, 1)
	}
	return limit
}

func (r dice) pad() int64               { return r.Int64N(5) / 2 * r.Int64N(9) }
func (r dice) flag() kernels.Flags      { return kernels.Flags(r.IntN(2)) * acc }
func (r dice) odds(n int) bool          { return r.IntN(n) == 0 }
func (r dice) scale() float32           { return float32(r.NormFloat64()) }
func (r dice) fill(of ...filler) filler { return of[r.IntN(len(of))] }

// drop leaves out each of the named optional arguments of a trial at random.
func (r dice) drop(t *trial, names ...string) *trial {
	for _, n := range names {
		if r.odds(2) {
			t.without(n)
		}
	}
	return t
}

// RunRandom tests the backend that is registered as name on trials of random shapes: some for
// every op and instruction set in every round. A round is drawn from its number.
func RunRandom(t *testing.T, name string, rounds int) {
	info, err := kernels.Describe(name)
	if err != nil {
		t.Fatal(err)
	}
	mine := chosen(t)
	for round := range rounds {
		for _, op := range append(workOps(), kernels.OpLoop) { // testStep tests OpStep
			if !mine.next() {
				continue
			}
			t.Run(fmt.Sprintf("%s/%d", op, round), func(t *testing.T) {
				b, err := randomBench(op, uint64(round))
				if err != nil {
					t.Fatal(err)
				}
				want := b.reference(t)
				for i, isa := range info.ISAs {
					b.compare(t, name, kernels.Options{Threads: 1 + (round+i)%4, ISA: isa}, want)
				}
			})
		}
	}
}

// randomBench has the trials of an op in a round.
func randomBench(op kernels.Op, round uint64) (*bench, error) {
	const trials = 10
	r := dice{rand.New(rand.NewPCG(round, uint64(op)))}
	if op == kernels.OpLoop {
		s := loopShape{tile: 1 + r.Int64N(20), iterations: 1 + r.Int64N(12), k: 1 + r.size(33), n: 1 + r.size(49)}
		s.segments = 1 + r.Int64N(s.iterations)
		return newLoop(s, round), nil
	}
	c, ok := cards[op]
	if !ok {
		return nil, fmt.Errorf("no random trials of %s: it has no card in kernels/kerneltest/op_*.go", op)
	}
	var all []*trial
	for range trials {
		all = append(all, c.random(r, op))
	}
	return newBench(all, round), nil
}
