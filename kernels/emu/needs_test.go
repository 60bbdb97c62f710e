//go:build ptx

package emu

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/kerneltest"
	"github.com/gmel-go/gmel/kernels/ptx"
)

// kernelsVariable tells TestRedundantBarriers which kernels to look at, by their C++ names.
const kernelsVariable = "GMEL_BARRIERS"

// rowsOfLargeBlocks makes a chain of products use its larger tile: 64 rows for each of twice the multiprocessors of an H100.
const rowsOfLargeBlocks = 2*132*64 + 1

// first is how many cases of all amounts of work come first. Barriers between rounds of a loop need much work, which the others have.
const first = 12

// TestOpBarriers runs Programs that come to the barriers of the kernels of ops, until each is needed, or is listed as redundant with a
// reason.
func TestOpBarriers(t *testing.T) {
	list, uses := barrierCases(t, regexp.MustCompile("."))
	needs := Needs{Enough: enough}
	checkExcuses(t, list)
	begin, barriers, needed := time.Now(), 0, 0
	for i, e := range list {
		for _, u := range uses[e] {
			if enough(e, needs.Of(e)) {
				break
			}
			u.run(t, &needs, nil)
		}
		checkNeeds(t, e, needs.Of(e))
		for _, is := range needs.Of(e) {
			if barriers++; is {
				needed++
			}
		}
		if (i+1)%10 == 0 || i+1 == len(list) {
			t.Logf("%d of %d kernels, %d of whose %d barriers are needed, %s so far", i+1, len(list), needed, barriers, time.Since(begin).Round(time.Second))
		}
	}
}

// TestRedundantBarriers leaves out each barrier that is listed as redundant, one at a time: nothing misses it.
func TestRedundantBarriers(t *testing.T) {
	pattern := os.Getenv(kernelsVariable)
	if pattern == "" {
		t.Skip("too long for most occasions: make test-ptx-barriers")
	}
	wanted, err := regexp.Compile(pattern)
	if err != nil {
		t.Fatalf("%s: %v", kernelsVariable, err)
	}
	list, uses := barrierCases(t, wanted)
	begin := time.Now()
	for i, e := range list {
		x := &leftOut{entry: e, barriers: excused(e)}
		for _, u := range uses[e][:min(first, len(uses[e]))] {
			if len(x.barriers) > 0 {
				u.run(t, x, errMissed)
			}
		}
		for _, b := range x.missed {
			t.Errorf("%s: barrier %d at %s is listed as redundant (%s), but is missed", Demangle(e.Name), b, e.BarrierSource(b), excuse(e, b-1))
		}
		t.Logf("%d of %d: %s; about %s left", i+1, len(list), Demangle(e.Name),
			(time.Since(begin) / time.Duration(i+1) * time.Duration(len(list)-i-1)).Round(time.Second))
	}
}

// barrierCases lists the kernels with barriers whose names match, and the cases that launch each: some of all amounts of work, then the
// others from much work to little. Worlds have a test of their own (sim/engine/cuda).
func barrierCases(t *testing.T, wanted *regexp.Regexp) (list []*ptx.Entry, uses map[*ptx.Entry][]use) {
	t.Helper()
	asked := map[target]*ptx.Entry{}
	for _, x := range targets() {
		if n := x.name(); !wanted.MatchString(n) || strings.Contains(n, "step_edge") {
			continue
		}
		e, err := x.entry()
		if err != nil {
			t.Fatal(err)
		}
		if e.Barriers() > 0 {
			asked[x], list = e, append(list, e)
		}
	}
	uses = map[*ptx.Entry][]use{}
	for _, u := range allUses() {
		for _, x := range u.targets(t) {
			if e := asked[x]; e != nil {
				uses[e] = append(uses[e], u)
			}
		}
	}
	for e, all := range uses {
		slices.SortStableFunc(all, func(a, b use) int { return cmp.Compare(a.Work(), b.Work()) })
		uses[e] = spread(all, first)
	}
	slices.SortFunc(list, func(a, b *ptx.Entry) int { return cmp.Compare(Demangle(a.Name), Demangle(b.Name)) })
	return list, uses
}

// use is a case with the choice of a tile; -1: that of the emulation.
type use struct {
	kerneltest.Case
	precision string
	tile      int
	split     bool
}

func (u *use) String() string {
	return fmt.Sprintf("%s in %s, tile %d, split %t", u.Name, u.precision, u.tile, u.split)
}

// spread moves n of a list to its beginning, the first and the last among them, at equal distances. The others follow in reverse.
func spread[T any](list []T, n int) []T {
	if len(list) <= n {
		return list
	}
	var some, rest []T
	for i, x := range list {
		if len(some) < n && i == len(some)*(len(list)-1)/(n-1) {
			some = append(some, x)
		} else {
			rest = append(rest, x)
		}
	}
	slices.Reverse(rest)
	return append(some, rest...)
}

// allUses are the cases of all ops in all precisions, products with every tile; chains of products, and groups of small ops.
func allUses() (all []use) {
	for _, precision := range kernels.Precisions() {
		for _, op := range kerneltest.OpsIn(precision) {
			for _, c := range kerneltest.Cases(op, precision) {
				all = append(all, use{c, precision, -1, false})
				if !slices.Contains(kerneltest.ProductOps(), op) {
					continue
				}
				for tile := range tiles {
					all = append(all, use{c, precision, tile, false}, use{c, precision, tile, true})
				}
			}
		}
	}
	all = append(all, usesOfNorms()...)
	return append(all, usesOfSeveralOps()...)
}

// usesOfNorms are norms where no bits are promised, with statistics of their own and of convolutions.
func usesOfNorms() (all []use) {
	cases := kerneltest.Moments()
	for _, op := range []kernels.Op{kernels.OpGroupNorm, kernels.OpGroupNormGrad} {
		cases = append(cases, kerneltest.Cases(op, kernels.FP32)...)
	}
	for _, c := range cases {
		all = append(all, use{c, kernels.TF32, -1, false})
	}
	return all
}

// usesOfSeveralOps are chains of products and groups of small ops.
func usesOfSeveralOps() (all []use) {
	add := func(c kerneltest.Case) { all = append(all, use{c, kernels.FP32, -1, false}) }
	for _, op := range kerneltest.OpsIn(kernels.FP32) {
		add(kerneltest.Together(op))
		for _, c := range kerneltest.Followed(op) {
			add(c)
		}
	}
	for seed := range uint64(48) {
		p, arena := kerneltest.Net(seed)
		add(kerneltest.Case{Name: p.Name, Program: p, Arena: arena})
	}
	for seed := range uint64(200) { // sums of several chunks over segments are rare in them
		p, arena := kerneltest.Head(seed)
		add(kerneltest.Case{Name: p.Name, Program: p, Arena: arena})
	}
	add(kerneltest.ManyRows(rowsOfLargeBlocks))
	return all
}

// open compiles the case for a backend.
func (u *use) open(t *testing.T) *executable {
	t.Helper()
	chooseTile(u.tile, u.split)
	defer chooseTile(-1, false)
	b, err := kernels.Open(name, kernels.Options{Precision: u.precision})
	if err != nil {
		t.Fatal(err)
	}
	e, err := b.Compile(u.Program)
	if err != nil {
		t.Fatal(err)
	}
	return e.(*executable)
}

func (u *use) targets(t *testing.T) []target {
	t.Helper()
	x := u.open(t)
	defer closeAll(t, x)
	list, err := x.targets()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func closeAll(t *testing.T, x *executable) {
	t.Helper()
	if err := errors.Join(x.Close(), x.backend.Close()); err != nil {
		t.Error(err)
	}
}

// run runs the case while something watches; it may end with an error that is allowed.
func (u *use) run(t *testing.T, watches interface{ Watch(kernels.Backend) }, allowed error) {
	t.Helper()
	x := u.open(t)
	defer closeAll(t, x)
	watches.Watch(x.backend)
	err := x.Run(&buffer{slices.Clone(u.Arena)}, 1)
	if err != nil && !errors.Is(err, allowed) {
		t.Fatalf("%s: %v", u.String(), err)
	}
}
