package comm

import (
	"fmt"
	"strings"
	"time"
)

// Comm is one rank of a group. One goroutine uses it. After an error it must not be used again.
type Comm interface {
	// Rank is the number of this rank, 0 to Size()-1.
	Rank() int
	// Size is the number of ranks R.
	Size() int
	// Chain writes into sum the sum of the rows of all ranks, ((0 + row) + row) + ..., first those of rank 0. own are the
	// rows of this rank, for neighbouring parts of sum. All ranks have the same widths; the numbers of rows may differ.
	Chain(sum []float32, own ...Rows) error
	// Allgather completes all on every rank: rank r has all[ends[r-1]:ends[r]], where ends[-1] is 0.
	Allgather(all []float32, ends []int) error
	// Barrier returns when all ranks have called it.
	Barrier() error
}

// Rows are rows of Width floats, one after the other; there may be none.
type Rows struct {
	Width  int
	Floats []float32
}

// SilentError says that ranks did not take part in an exchange in time.
type SilentError struct {
	Ranks  []int
	Hosts  []string // of the Ranks; nil: all ranks are in one process
	Size   int
	Waited time.Duration
}

// Error names the ranks.
func (e *SilentError) Error() string {
	list := make([]string, len(e.Ranks))
	for i, r := range e.Ranks {
		list[i] = fmt.Sprint(r)
		if e.Hosts != nil {
			list[i] += " (" + e.Hosts[i] + ")"
		}
	}
	if len(list) == 1 {
		return fmt.Sprintf("comm: rank %s of %d has not answered for %s", list[0], e.Size, e.Waited)
	}
	return fmt.Sprintf("comm: ranks %s of %d have not answered for %s", strings.Join(list, ", "), e.Size, e.Waited)
}
