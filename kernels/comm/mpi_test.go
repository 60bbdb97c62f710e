//go:build mpi

package comm

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// The same calls over MPI, in as many processes as mpirun starts with this test. The oracle is a group of goroutines.
func TestMPI(t *testing.T) {
	p, err := Start(time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	long := []byte(strings.Repeat("order", piece))
	code := 0
	if err := errors.Join(ordered(p, nil, []byte("abcde"), long), chained(p)); err != nil {
		fmt.Printf("rank %d: %v\n", p.Rank(), err)
		code = 1
	}
	fmt.Printf("rank %d of %d on %s, %s\n", p.Rank(), p.Size(), p.hosts[p.Rank()], p.Library())
	t.Error(p.End(code)) // ends the test
}

// chained compares a chain and a gathering with those of goroutines, and says how long they take.
func chained(p *Process) error {
	const rows, width, times = 5, 35_000, 20
	x := make([]float32, rows*width)
	for i := range x {
		x[i] = 1 / float32(i%977+p.Rank()+1)
	}
	own := Rows{Width: width, Floats: x}
	sum, begin := make([]float32, width), time.Now()
	for range times {
		if err := p.Chain(sum, own); err != nil {
			return err
		}
	}
	fmt.Printf("rank %d: a chain of %d floats takes %s\n", p.Rank(), width, time.Since(begin)/times)
	all, err := p.Collect(bytesOf(x))
	if err != nil {
		return err
	}
	want, group := make([]float32, width), NewGroup(p.Size(), 0)
	errs := make(chan error)
	for r := range p.Size() {
		go func() {
			mine := want
			if r > 0 {
				mine = make([]float32, width)
			}
			errs <- group.Rank(r).Chain(mine, Rows{Width: width, Floats: floatsOf(all[r])})
		}()
	}
	for range p.Size() {
		err = errors.Join(err, <-errs)
	}
	if err == nil && !slices.Equal(sum, want) {
		err = errors.New("another sum than that of goroutines")
	}
	return err
}
