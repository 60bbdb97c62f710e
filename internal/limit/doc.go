// Package limit tells how much memory and how many processors the system lets this process use: what the machine
// has, what the control groups around the process allow (cgroup v1 and v2, at every level), and what the limits of
// the process itself leave (ulimit -v and -d, GOMEMLIMIT). The least counts. On other systems than Linux only
// GOMEMLIMIT is known.
package limit

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
)

// reserve is what a program takes besides what it plans: its code, stacks and small things.
const reserve = 16 << 20

// Memory is the memory in bytes that this process can still take; 0 if that is not known.
func Memory() int64 {
	free := min(freeMemory(), goMemory())
	if free == math.MaxInt64 {
		return 0
	}
	return max(1, free-reserve)
}

// goMemory is what GOMEMLIMIT leaves.
func goMemory() int64 {
	most := debug.SetMemoryLimit(-1)
	if most == math.MaxInt64 {
		return most
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return max(0, most-int64(m.HeapAlloc))
}

// UseProcessors lowers the number of threads of this process to the processors that its control groups allow, at
// least 1. The Go runtime looks at the innermost group alone and never goes below 2: a quota of half a processor
// would then be spent in bursts by threads that wait for each other. GOMAXPROCS of the environment wins.
func UseProcessors() {
	if os.Getenv("GOMAXPROCS") != "" {
		return
	}
	if n := processors(); n < float64(runtime.GOMAXPROCS(0)) {
		runtime.GOMAXPROCS(max(1, int(math.Ceil(n))))
	}
}
