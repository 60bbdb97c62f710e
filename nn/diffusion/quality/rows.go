package quality

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// eachRow calls f for 0 to n-1, by all processors. Calls write to places of their own.
func eachRow(n int, f func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	all.Wait()
}
