package kernels

import (
	"cmp"
	"fmt"
	"io"
	"slices"
)

// Profile is the time that an Executable spent in each op.
type Profile struct {
	Runs    int64
	Threads int
	Seconds []float64 // for every descriptor, summed over the runs and over the threads at work on it
}

// Profiler is an Executable that measures its ops: Options.Profile asks for it.
type Profiler interface {
	// Profile covers all runs so far.
	Profile() Profile
}

// Peaker is a Backend that measures its peak.
type Peaker interface {
	// Peak is the rate of what PeakOf names over all threads now, on registers, in floating-point operations a
	// second: the floor of all arithmetic that the backend's kernels do with it, which other instructions of the device may exceed.
	Peak() float64
	// PeakOf is the instruction of products in the precision of the backend, such as "FMA".
	PeakOf() string
}

// Streamer is a Backend that measures how fast it copies.
type Streamer interface {
	// Bandwidth is the rate of a copy in the device's memory now, in bytes a second, those read and
	// those written: the floor of all traffic.
	Bandwidth() float64
}

// OpTime is one op of a Program with its time.
type OpTime struct {
	Index   int // in Program.Descs
	Desc    *Desc
	Seconds float64 // thread-seconds of one run
	Share   float64 // of all ops' time
	Flops   float64 // a second on one thread; 0 if the work of the op is not measured in flops
}

// Rank lists the ops of p, the most expensive first.
func (f Profile) Rank(p *Program) []OpTime {
	var total float64
	for _, s := range f.Seconds {
		total += s
	}
	list := make([]OpTime, len(p.Descs))
	for i := range p.Descs {
		d := &p.Descs[i]
		t := OpTime{Index: i, Desc: d, Seconds: f.Seconds[i] / float64(max(1, f.Runs)), Share: f.Seconds[i] / max(total, 1e-300)}
		if t.Seconds > 0 {
			t.Flops = float64(p.Flops(i)) / t.Seconds
		}
		list[i] = t
	}
	slices.SortStableFunc(list, func(a, b OpTime) int { return cmp.Compare(b.Seconds, a.Seconds) })
	return list
}

// minShare is the share of the time below which Write sums ops up in one line.
const minShare = 0.002

// Write prints the ops of p, the most expensive first, with their share of peak, in flops a second on
// one thread. With a peak of 0 that column is left out.
func (f Profile) Write(w io.Writer, p *Program, peak float64) error {
	names := p.names()
	list := f.Rank(p)
	var total float64
	for _, t := range list {
		total += t.Seconds
	}
	if _, err := fmt.Fprintf(w, "%s: %.3f ms in ops, %d threads added up, mean of %d runs\n", p.Name, total*1e3, f.Threads, f.Runs); err != nil {
		return err
	}
	for i, t := range list {
		if t.Share < minShare {
			return writeRest(w, list[i:])
		}
		rate := fmt.Sprintf("%20s", "")
		if t.Flops > 0 {
			rate = fmt.Sprintf("%7.2f GFLOP/s %4s", t.Flops/1e9, percent(t.Flops, peak))
		}
		if _, err := fmt.Fprintf(w, "%10.1f us %5.1f %%  %s  %4d %s\n", t.Seconds*1e6, t.Share*100, rate, t.Index, t.Desc.format(names)); err != nil {
			return err
		}
	}
	return nil
}

func writeRest(w io.Writer, list []OpTime) error {
	var rest OpTime
	for _, t := range list {
		rest.Seconds += t.Seconds
		rest.Share += t.Share
	}
	_, err := fmt.Fprintf(w, "%10.1f us %5.1f %%  %d ops below %g %% each\n", rest.Seconds*1e6, rest.Share*100, len(list), 100*minShare)
	return err
}

func percent(x, of float64) string {
	if of <= 0 {
		return ""
	}
	return fmt.Sprintf("%.0f%%", 100*x/of)
}
