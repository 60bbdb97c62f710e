package run

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/sim"
)

// The rows of an arrival trace are planned for training and for evaluation.
func TestTraceIsPlanned(t *testing.T) {
	path := filepath.Join(t.TempDir(), "long.csv")
	rows := "slot,ied,model,data_mbit,gcycles,deadline_s\n" + strings.Repeat("99,0,small,3,2,1\n", 100_000)
	if err := os.WriteFile(path, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	c := load(t, Sources{})
	without := worldsMemory(c.Scenario, 1, "worlds").Bytes() + evaluationMemory(c.Scenario, 2, "episodes").Bytes()
	c.Scenario.Tasks.Arrivals = sim.Arrivals{Process: sim.ArrivalsTrace, TraceFile: path, Queue: 1}
	memory := worldsMemory(c.Scenario, 1, "worlds")
	with := memory.Bytes() + evaluationMemory(c.Scenario, 2, "episodes").Bytes()
	if more := with - without; more < 2*100_000*44 { // 24 bytes in Go and 20 in C
		t.Errorf("two traces of 100,000 rows are planned with %d bytes", more)
	}
	want := "12.8 MB of it are for the rows of the arrival trace: lower the number of rows in scenario.tasks.arrivals.trace_file"
	if err := memory.Fit(1); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}
