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

// What TestOpBarriers reads: which kernels, by their C++ names, and the file in which it keeps what it finds.
const (
	kernelsVariable = "GMEL_BARRIERS"
	foundVariable   = "GMEL_BARRIERS_FOUND"
)

// rowsOfLargeBlocks makes a chain of products use its larger tile: 64 rows for each of twice the multiprocessors of an H100.
const rowsOfLargeBlocks = 2*132*64 + 1

// enough is on how many cases a barrier is left out that nothing misses: then it counts as redundant. The first are some of all amounts
// of work. Barriers between rounds of a loop need much work, which the others have.
const (
	enough = 24
	first  = 12
)

// TestOpBarriers leaves out each barrier of the kernels of ops, one at a time, on Programs of one op that come to it. Something must
// miss it, or it is listed as redundant with a reason. It takes long: it goes on where an earlier one has ended.
func TestOpBarriers(t *testing.T) {
	pattern := os.Getenv(kernelsVariable)
	if pattern == "" {
		t.Skip("too long for most occasions: make test-ptx-op-barriers")
	}
	wanted, err := regexp.Compile(pattern)
	if err != nil {
		t.Fatalf("%s: %v", kernelsVariable, err)
	}
	found := readFindings(t, os.Getenv(foundVariable))
	list, uses := plannedSurvey(t, wanted)
	known, left := 0, 0
	for _, e := range list {
		if found.of(e) != nil {
			known += e.Barriers()
		}
		left += e.Barriers()
	}
	t.Logf("%d kernels with %d barriers; %d barriers are known from earlier", len(list), left, known)
	left -= known
	begin, done := time.Now(), 0
	for i, e := range list {
		f := found.of(e)
		if f == nil {
			f = survey(t, e, uses[e])
			found.add(t, f)
			done += e.Barriers()
			t.Logf("%d of %d: %s, %s; about %s left", i+1, len(list), f.Kernel, f.summary(),
				(time.Since(begin) / time.Duration(done) * time.Duration(left-done)).Round(time.Second))
		}
		f.check(t)
	}
}

// plannedSurvey lists the kernels with barriers whose names match, and the cases that launch each: some of all amounts of work, then the
// others from much work to little. Worlds have a survey of their own.
func plannedSurvey(t *testing.T, wanted *regexp.Regexp) (list []*ptx.Entry, uses map[*ptx.Entry][]use) {
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
	return append(all, usesOfSeveralOps()...)
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

// survey leaves out the barriers of an entry until each is missed, or has been left out often enough.
func survey(t *testing.T, e *ptx.Entry, uses []use) *finding {
	t.Helper()
	f := newFinding(e)
	for _, u := range uses {
		s := Survey{only: e}
		s.of(e).skip(f)
		x := u.open(t)
		s.Watch(x.backend)
		err := x.Run(&buffer{slices.Clone(u.Arena)}, 1)
		if err != nil && !errors.Is(err, errMissed) {
			t.Fatalf("%s: %v", u.String(), err)
		}
		closeAll(t, x)
		f.note(s.of(e), u.String())
		if !slices.ContainsFunc(f.Barriers, barrier.open) {
			break
		}
	}
	return f
}

// open reports that a barrier should be left out again.
func (b barrier) open() bool { return b.MissedBy == "" && b.Cases < enough }

// skip leaves the barriers alone that are not open.
func (x *surveyed) skip(f *finding) {
	for i, b := range f.Barriers {
		if !b.open() {
			x.missed[i], x.launches[i] = true, mostLaunches
		}
	}
}
