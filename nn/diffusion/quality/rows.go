package quality

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Watch is told which share of a call is done, 0 to 1 and never less than before; nil: nothing is told.
type Watch func(share float64)

// Part is the watch of a part of a call.
func (w Watch) Part(from, to float64) Watch {
	if w == nil {
		return nil
	}
	return func(share float64) { w(from + share*(to-from)) }
}

// Each calls f for 0 to n-1, by all processors. Calls write to places of their own.
func Each(n int, w Watch, f func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	finished := counter{watch: w, of: n}
	for range min(n, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
				finished.count()
			}
		})
	}
	all.Wait()
}

// counter tells a watch of calls that have returned, one after the other.
type counter struct {
	watch    Watch
	mu       sync.Mutex
	done, of int
}

func (c *counter) count() {
	if c.watch == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done++
	c.watch(float64(c.done) / float64(c.of))
}
