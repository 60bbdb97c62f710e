package train

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/internal/limit"
	"github.com/gmel-go/gmel/kernels"
)

// Memory is what something needs on a device, planned before anything is allocated.
type Memory struct {
	Parts []MemoryPart
}

// MemoryPart is one use of memory, and the setting that determines its size.
type MemoryPart struct {
	What    string
	Bytes   int64
	Setting string
}

// Bytes is the sum of all parts.
func (m Memory) Bytes() (n int64) {
	for _, p := range m.Parts {
		if n += p.Bytes; n < 0 {
			return math.MaxInt64
		}
	}
	return n
}

// Times is the memory of n things of some bytes each. What no machine has is math.MaxInt64.
func Times(bytes int64, n int) int64 {
	if n > 0 && bytes > math.MaxInt64/int64(n) {
		return math.MaxInt64
	}
	return bytes * int64(n)
}

// Largest is the largest part.
func (m Memory) Largest() MemoryPart {
	return slices.MaxFunc(m.Parts, func(a, b MemoryPart) int { return cmp.Compare(a.Bytes, b.Bytes) })
}

// String lists the parts in MB.
func (m Memory) String() string {
	var parts []string
	for _, p := range m.Parts {
		parts = append(parts, fmt.Sprintf("%s %.3g MB", p.What, float64(p.Bytes)/1e6))
	}
	return fmt.Sprintf("%.3g MB: %s", float64(m.Bytes())/1e6, strings.Join(parts, ", "))
}

// Fit is an error if the device has less memory than the plan needs; it names the setting to lower.
// available 0 means unknown.
func (m Memory) Fit(available int64) error {
	if available == 0 || m.Bytes() <= available {
		return nil
	}
	p := m.Largest()
	return Usagef("the run needs %.3g MB of memory and %.3g MB are free; %.3g MB of it are for %s: lower %s",
		float64(m.Bytes())/1e6, float64(available)/1e6, float64(p.Bytes)/1e6, p.What, p.Setting)
}

// FreeMemory is the memory in bytes that the backend can still give, or for nil the host to this process; 0 if that
// is not known.
func FreeMemory(b kernels.Backend) int64 {
	if l, ok := b.(kernels.Limited); ok {
		return l.FreeMemory()
	}
	return limit.Memory()
}
