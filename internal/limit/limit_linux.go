package limit

import (
	"math"
	"syscall"
)

// rlimitData is RLIMIT_DATA, RLIMIT_AS is in syscall.
const rlimitData = 2

func freeMemory() int64 {
	s := system("/")
	return min(s.machineMemory(), s.groupMemory(),
		left(rlimit(syscall.RLIMIT_AS), s.status("VmSize")), left(rlimit(rlimitData), s.status("VmData")))
}

func processors() float64 { return system("/").quota() }

// machineMemory is what the machine has available and, where it promises no more than it has, may still promise.
func (s system) machineMemory() int64 {
	free := s.sum("proc/meminfo", "MemAvailable") << 10
	if free == 0 {
		free = math.MaxInt64
	}
	if mode, ok := s.number("proc/sys/vm/overcommit_memory"); ok && mode == 2 {
		free = min(free, max(0, s.sum("proc/meminfo", "CommitLimit")-s.sum("proc/meminfo", "Committed_AS"))<<10)
	}
	return free
}

// status is a size of this process in bytes.
func (s system) status(name string) int64 { return s.sum("proc/self/status", name) << 10 }

// rlimit is a limit of this process (ulimit -v, -d); math.MaxInt64 without one.
func rlimit(resource int) int64 {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(resource, &r); err != nil || r.Cur > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(r.Cur)
}

// left is what is left of a limit.
func left(limit, used int64) int64 {
	if limit == math.MaxInt64 {
		return limit
	}
	return max(0, limit-used)
}
