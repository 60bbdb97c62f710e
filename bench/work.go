package bench

import (
	"errors"
	"fmt"
	"time"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/train"
)

// Case is one work at one size.
type Case struct {
	Name   string             // of the work, such as "actor"
	Shape  string             // for people
	Unit   string             // of the rate
	Items  float64            // what one run does, in units of the rate; 0: its floating-point operations, in 1e9
	Goals  map[string]float64 // ratio to reach, by peer
	Peer   string             // the name by which peers know the work; "": none does it
	Sizes  map[string]int     // what a peer must know besides the tensors
	Open   func(kernels.Backend) (Running, error)
	Batch  func(n int) Case // the same work on a batch of n; nil: it has no batch
	narrow bool             // a product that fills no vector
}

// against is the case with another goal: the ratio to PyTorch.
func (c Case) against(ratio float64) Case {
	c.Goals = map[string]float64{peerTorch: ratio}
	return c
}

// Running is a case on a backend.
type Running interface {
	// Run does the work n times and waits for it. It is one call of the backend, so that what a call costs the host, such as
	// the way to a device's thread, is not counted n times; an iteration is as many calls as training makes of it.
	Run(n int) error
	// Program is what one run executes.
	Program() *kernels.Program
	// Given is what a peer gets: inputs and parameters before the first run.
	Given() ([]Array, error)
	// Found is what must agree: losses and gradients of the first run, or what a rollout has shown.
	Found() ([]Array, error)
	// State is what the runs so far have learned or computed.
	State() ([]Array, error)
	// Profile is the time of the ops so far, where the backend measures it.
	Profile() (kernels.Profile, bool)
	// Close frees the memory.
	Close() error
}

// Array is a tensor on the host.
type Array struct {
	Name  string
	Shape []int
	Data  []float32
}

// Options of Run.
type Options struct {
	Backend string          // as for kernels.Open
	Kernels kernels.Options // threads, instruction set, device, precision
	Length  time.Duration   // of a measurement
	Profile bool            // time by op
	Notice  func(string)    // progress; may be nil

	Peers    []Peer          // measured beside it
	Patience time.Duration   // with a peer that loads a case, or with one way of it, compilation included; 0: DefaultPatience
	Search   time.Duration   // for the fastest way of a peer: ends the search once one has worked; 0: all are tried
	Measured func(Row) error // is given the row before a peer begins, so that nothing of a peer can lose it; may be nil
}

func (o *Options) say(format string, args ...any) {
	if o.Notice != nil {
		o.Notice(fmt.Sprintf(format, args...))
	}
}

// room fails where the inputs of a batch, drawn on the host before an arena is planned, do not fit into memory.
func (c Case) room() error {
	rows := c.Sizes["batch"] * max(1, c.Sizes["agents"])
	inputs := train.MemoryPart{What: "the inputs of a batch and their copy in the arena", Bytes: train.Times(2*4*observation, rows), Setting: "--batch"}
	return train.Memory{Parts: []train.MemoryPart{inputs}}.Fit(train.FreeMemory(nil))
}

// Run measures one case.
func Run(c Case, o Options) (row Row, err error) {
	if err := c.room(); err != nil {
		return Row{}, err
	}
	backend, err := kernels.Open(o.Backend, o.Kernels)
	if err != nil {
		return Row{}, err
	}
	defer func() { err = errors.Join(err, backend.Close()) }()
	r, err := c.Open(backend)
	if err != nil {
		return Row{}, fmt.Errorf("bench: %s %s: %w", c.Name, c.Shape, err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	o.say("%s %s", c.Name, c.Shape)
	row, err = describe(c, o, backend.Name(), r)
	if err != nil {
		return Row{}, err
	}
	if err := row.measure(c, r, &o); err != nil {
		return Row{}, err
	}
	if o.Measured != nil {
		if err := o.Measured(row); err != nil {
			return Row{}, err
		}
	}
	row.Peers, err = duels(c, r, &o, row.Threads)
	return row, err
}

// measure takes the row's own figures, between two measurements of the floors.
func (r *Row) measure(c Case, running Running, o *Options) error {
	before, err := measureFloors(r.Backend, o.Kernels)
	if err != nil {
		return err
	}
	m, err := measure(clock(running), o.Length)
	if err != nil {
		return err
	}
	after, err := measureFloors(r.Backend, o.Kernels)
	if err != nil {
		return err
	}
	r.PeakBefore, r.PeakAfter, r.PeakOf, r.Bandwidth = before.flops, after.flops, before.of, max(before.bandwidth, after.bandwidth)
	r.fill(c, m)
	if o.Profile {
		r.Profile, err = profile(c, *o, max(r.PeakBefore, r.PeakAfter))
	}
	return err
}

// clock times runs on the host's clock.
func clock(r Running) timer {
	return func(n int) (float64, error) {
		begin := time.Now()
		err := r.Run(n)
		return time.Since(begin).Seconds(), err
	}
}

// describe is the row without its figures.
func describe(c Case, o Options, backend string, r Running) (Row, error) {
	info, err := kernels.Describe(backend)
	if err != nil {
		return Row{}, err
	}
	info = info.For(o.Kernels)
	row := Row{
		Name: c.Name, Shape: c.Shape, Backend: backend, Device: info.Device, ISA: info.ISA, Threads: info.Threads,
		DType: "float32", Unit: c.Unit, Commit: commit(), Go: goVersion(),
		Operations: len(r.Program().Descs), Flops: float64(flops(r.Program())),
	}
	if g, ok := r.(interface{ flops() int64 }); ok { // more than one Program
		row.Flops = float64(g.flops())
	}
	if g, ok := r.(interface{ resident() int64 }); ok {
		row.Traffic = float64(traffic(r.Program(), g.resident()))
	}
	if o.Kernels.Precision != "" {
		row.Precision = o.Kernels.Precision
	}
	if o.Kernels.Threads > 0 && info.Name == "cpu" { // the others have one, whatever is asked for
		row.Threads = o.Kernels.Threads
	}
	return row, nil
}

func (r *Row) fill(c Case, m Measurement) {
	r.Seconds, r.Spread, r.Samples = m.Median, m.Spread(), m.Samples
	items := c.Items
	if items == 0 {
		items = r.Flops / 1e9
	}
	r.Rate = items / m.Median
	r.findFloor()
	if r.Floor > 0 {
		r.Fraction = r.Floor / m.Median
	}
}

// findFloor takes the larger of the times for arithmetic and for traffic, of those that are measured.
func (r *Row) findFloor() {
	top := max(r.PeakBefore, r.PeakAfter)
	if top == 0 {
		return
	}
	r.Floor, r.FloorOf = r.Flops/top, r.PeakOf
	if r.Bandwidth > 0 && r.Traffic/r.Bandwidth > r.Floor {
		r.Floor, r.FloorOf = r.Traffic/r.Bandwidth, "copy"
	}
}

// flops is the arithmetic of a Program by the Specs of its ops.
func flops(p *kernels.Program) (n int64) {
	for i := range p.Descs {
		n += p.Flops(i)
	}
	return n
}
