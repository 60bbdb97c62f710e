//go:build cgo

package cpu_test

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gmel-go/gmel/kernels"
)

// relay is a program of many short ops that depend on each other: y = x, then n times y = y + x. It
// has enough elements for several tasks, so that each op uses several threads.
func relay(n int, size int64) *kernels.Program {
	p := &kernels.Program{Name: "relay", Arena: 2 * size}
	first := kernels.Desc{Op: kernels.OpCopy, Dim: [kernels.MaxDims]int64{1, size, size, size}, Arg: [kernels.MaxArgs]int64{0, size}}
	add := kernels.Desc{Op: kernels.OpBinary, Dim: [kernels.MaxDims]int64{1, size, size, 1, size, 1}, Arg: [kernels.MaxArgs]int64{size, 0, size}}
	p.Descs = append(p.Descs, first)
	for range n {
		p.Descs = append(p.Descs, add)
	}
	return p
}

// Several backends with 1 to 8 threads, more than there are cores, run short programs at the same
// time. Each opens and closes its pool again and again: some right after a run, some when idle.
func TestPoolUnderStress(t *testing.T) {
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			for round := range 6 {
				stress(t, 1+(i+3*round)%8, round%2 == 0)
			}
		})
	}
	all.Wait()
}

func stress(t *testing.T, threads int, idle bool) {
	const adds, size, runs = 20, 20_000, 10
	b, err := kernels.Open("cpu", kernels.Options{Threads: threads})
	if err != nil {
		t.Error(err)
		return
	}
	defer b.Close()
	run, err := b.Compile(relay(adds, size))
	if err != nil {
		t.Error(err)
		return
	}
	defer run.Close()
	buf, err := b.Alloc(2 * size)
	if err != nil {
		t.Error(err)
		return
	}
	defer buf.Close()
	x := make([]float32, size)
	for i := range x {
		x[i] = float32(i)
	}
	if err := buf.Upload(0, x); err != nil {
		t.Error(err)
	}
	for range runs {
		if err := run.Run(buf, 1); err != nil {
			t.Error(err)
		}
		if idle { // long enough for the threads to stop spinning and sleep
			time.Sleep(time.Millisecond)
		}
	}
	if err := buf.Download(x, size); err != nil {
		t.Error(err)
	}
	for i := range x {
		if x[i] != float32(i)*(adds+1) {
			t.Errorf("%d threads: element %d is %g, want %g", threads, i, x[i], float32(i)*(adds+1))
			return
		}
	}
}

// Close joins the threads of a backend and frees its memory: a process has as many threads and as
// much memory after many backends as after the first.
func TestCloseFreesEverything(t *testing.T) {
	if _, err := os.Stat("/proc/self/statm"); err != nil {
		t.Skip("no /proc here")
	}
	cycle := func() {
		b, err := kernels.Open("cpu", kernels.Options{Threads: 4})
		if err != nil {
			t.Fatal(err)
		}
		const arena = 4 << 20 // floats, 16 MiB
		run, err := b.Compile(relay(3, arena/2))
		if err != nil {
			t.Fatal(err)
		}
		buf, err := b.Alloc(arena)
		if err != nil {
			t.Fatal(err)
		}
		if err := run.Run(buf, 1); err != nil {
			t.Error(err)
		}
		for _, c := range []interface{ Close() error }{buf, run, b} {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	cycle()
	before := residentMiB(t)
	for range 30 {
		cycle()
	}
	if after := residentMiB(t); after > before+12 {
		t.Errorf("%d MiB resident after the first backend, %d MiB after 31", before, after)
	}
	// Go itself keeps a few threads; 30 pools would have left 90.
	if tasks, err := os.ReadDir("/proc/self/task"); err != nil || len(tasks) > 45 {
		t.Errorf("%d threads are left, %v", len(tasks), err)
	}
}

func residentMiB(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize() >> 20
}
