package train

import (
	"os"
	"strconv"
	"strings"
)

// freeMemory is the memory in bytes that this machine, and the group of processes that this one is
// in, can still give; 0 if that is not known.
func freeMemory() int64 {
	free := machineMemory()
	limit, used := groupNumber("memory.max"), groupNumber("memory.current")
	if limit > 0 && (free == 0 || limit-used < free) {
		return max(1, limit-used)
	}
	return free
}

// machineMemory is MemAvailable of /proc/meminfo.
func machineMemory() int64 {
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "MemAvailable:" {
			kb, err := strconv.ParseInt(f[1], 10, 64)
			if err == nil {
				return kb << 10
			}
		}
	}
	return 0
}

// groupNumber reads a number of the control group; 0 without one, as with "max".
func groupNumber(name string) int64 {
	data, err := os.ReadFile("/sys/fs/cgroup/" + name)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
