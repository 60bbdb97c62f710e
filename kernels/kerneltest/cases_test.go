package kerneltest

import (
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// Every op has cases, which are whole Programs of that op.
func TestCases(t *testing.T) {
	for _, precision := range kernels.Precisions() {
		for _, op := range OpsIn(precision) {
			all := Cases(op, precision)
			if len(all) < randomCases {
				t.Errorf("%s has %d cases in %s", op, len(all), precision)
			}
			for _, c := range all {
				if err := c.Program.Validate(); err != nil || int64(len(c.Arena)) != c.Program.Arena || c.Work() < c.Program.Arena {
					t.Errorf("%s in %s: %v, %d floats for %d, work %d", c.Name, precision, err, len(c.Arena), c.Program.Arena, c.Work())
				}
				if last := c.Program.Descs[len(c.Program.Descs)-1]; last.Op != op || len(c.Program.Descs) > 2 {
					t.Errorf("%s in %s has %d ops, the last is %s", c.Name, precision, len(c.Program.Descs), last.Op)
				}
			}
		}
	}
}

// Cases of several ops are whole Programs, too, and a trial's result is read by what follows it.
func TestCasesOfSeveralOps(t *testing.T) {
	all := []Case{ManyRows(100)}
	for _, op := range workOps() {
		all = append(append(all, Together(op)), Followed(op)...)
	}
	for _, c := range all {
		if err := c.Program.Validate(); err != nil || int64(len(c.Arena)) != c.Program.Arena {
			t.Errorf("%s: %v, %d floats for %d", c.Name, err, len(c.Arena), c.Program.Arena)
		}
	}
}
