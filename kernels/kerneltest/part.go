package kerneltest

import (
	"flag"
	"fmt"
	"testing"
)

// part is the flag that leaves a process a part of the suite, so that a device that fails in one op
// does not hide the ops after it.
var part = flag.String("suite.part", "", "play only part `I/N` of every suite, 1 <= I <= N: each N-th of its items from the I-th on")

// items counts what a suite has played or left to other parts.
type items struct{ part, parts, seen int }

// chosen reads the flag.
func chosen(t *testing.T) *items {
	t.Helper()
	x := &items{part: 1, parts: 1}
	if *part == "" {
		return x
	}
	if _, err := fmt.Sscanf(*part, "%d/%d", &x.part, &x.parts); err != nil || x.part < 1 || x.part > x.parts {
		t.Fatalf("-suite.part is %q; allowed is I/N with 1 <= I <= N", *part)
	}
	return x
}

// next reports whether the next item belongs to this process.
func (x *items) next() bool {
	x.seen++
	return (x.seen-1)%x.parts == x.part-1
}
