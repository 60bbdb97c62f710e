package federated

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/diffusion/fit"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/nn/unet"
)

func backendOf(t *testing.T, name string, threads int) kernels.Backend {
	t.Helper()
	if err := kernels.Probe(name); err != nil {
		t.Skip(err)
	}
	b, err := kernels.Open(name, kernels.Options{Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// cell owns n images of bars of a class: across or down.
func cell(class, n int, seed uint64) Cell {
	d := &fit.Data{Shape: []int{8, 8, 1}}
	for i := range n {
		for at := range 64 {
			bit := []int{at/8 + i, at%8 + i}[class] / 2 % 2
			d.Values = append(d.Values, diffusion.DataStd*float32(2*bit-1))
		}
		d.Class = append(d.Class, class)
	}
	return Cell{d, seed}
}

func network(t *testing.T) *unet.Model {
	t.Helper()
	m, err := unet.New("net", unet.Config{
		Size: []int{8, 8}, Inputs: 1, Outputs: 1, Levels: []unet.Level{{Channels: 8}}, Blocks: 1,
		Groups: 2, Eps: 1e-5, Kernel: 3, Dropout: 0.1, Classes: 3, TimeWidth: 16, FreqShift: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// options are of a run of 7 updates in rounds of 3.
func options() Options {
	o := Options{Fit: fit.Defaults(), Local: 3}
	o.Fit.Updates, o.Fit.Batch, o.Fit.WarmUp = 7, 4, 2
	return o
}

func open(t *testing.T, b kernels.Backend, o Options, cells ...Cell) *Trainer {
	t.Helper()
	tr, err := Plan(b, network(t), cells, o)
	if err == nil {
		err = tr.Open()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr
}

func steps(t *testing.T, tr interface{ Step(context.Context) error }, n int) {
	t.Helper()
	for range n {
		if err := tr.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func average(t *testing.T, tr interface{ Average() ([]float32, error) }) []float32 {
	t.Helper()
	v, err := tr.Average()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func parameters(t *testing.T, tr *Trainer, cell int) []float32 {
	t.Helper()
	v, err := tr.cells[cell].Parameters()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func same(a, b []float32) bool {
	bits := func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) }
	return slices.EqualFunc(a, b, bits)
}

// One cell alone is plain training, to the bit.
func TestOneCellIsPlainTraining(t *testing.T) {
	b, o := backendOf(t, "cpu", 1), options()
	alone := open(t, b, o, cell(0, 4, 5))
	steps(t, alone, 7)
	o.Fit.Seed = 5
	plain, err := fit.Plan(b, network(t), cell(0, 4, 5).Data, o.Fit)
	if err == nil {
		err = plain.Open()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	steps(t, plain, 7)
	s, err := plain.State()
	if err != nil {
		t.Fatal(err)
	}
	own, err := alone.cells[0].State()
	if err != nil {
		t.Fatal(err)
	}
	sameStates(t, own, s)
	if !same(average(t, alone), average(t, plain)) {
		t.Error("the averages differ")
	}
}

func sameStates(t *testing.T, got, want *checkpoint.State) {
	t.Helper()
	if len(got.Tensors) != len(want.Tensors) || len(want.Tensors) < 50 {
		t.Fatalf("%d tensors, want %d", len(got.Tensors), len(want.Tensors))
	}
	for i, x := range want.Tensors {
		if got.Tensors[i].Name != x.Name || !same(got.Tensors[i].Data, x.Data) {
			t.Errorf("%s differs", x.Name)
		}
	}
}

// Cells with equal images and equal seeds are one cell.
func TestEqualCellsAreOne(t *testing.T) {
	b, o := backendOf(t, "cpu", 1), options()
	three, one := open(t, b, o, cell(1, 3, 5), cell(1, 3, 5), cell(1, 3, 5)), open(t, b, o, cell(1, 3, 5))
	steps(t, three, 7)
	steps(t, one, 7)
	if !same(average(t, three), average(t, one)) || !same(parameters(t, three, 2), parameters(t, one, 0)) {
		t.Error("three equal cells differ from one")
	}
}

// A round by hand: each cell trains alone from the initial parameters, and the result is the mean of 2 and 6 images.
func TestARoundByHand(t *testing.T) {
	b, o := backendOf(t, "cpu", 1), options()
	both := open(t, b, o, cell(0, 2, 5), cell(1, 6, 9))
	initial := parameters(t, both, 0)
	steps(t, both, 3)
	var alone, averages [2][]float32
	for i, c := range []Cell{cell(0, 2, 5), cell(1, 6, 9)} {
		own := open(t, b, o, c)
		if err := own.cells[0].Begin(initial); err != nil {
			t.Fatal(err)
		}
		steps(t, own, 3)
		alone[i], averages[i] = parameters(t, own, 0), average(t, own)
	}
	mean := func(v [2][]float32) []float32 {
		want := make([]float32, len(initial))
		for i := range want {
			want[i] = float32((2*float64(v[0][i]) + 6*float64(v[1][i])) / 8)
		}
		return want
	}
	if got := parameters(t, both, 0); !same(got, mean(alone)) || !same(got, parameters(t, both, 1)) || same(alone[0], alone[1]) {
		t.Error("the parameters after a round are not the mean")
	}
	if !same(average(t, both), mean(averages)) {
		t.Error("the average over time is not the mean of the cells'")
	}
}

// The mean of the cells' averages over time is the average over time of the mean of their parameters.
func TestAverageIsThatOfTheMean(t *testing.T) {
	o := options()
	o.Fit.EMA = 0.3 // its warm-up is over after 4 updates
	tr := open(t, backendOf(t, "cpu", 1), o, cell(0, 2, 5), cell(1, 6, 9))
	var want []float64
	for _, x := range average(t, tr) {
		want = append(want, float64(x))
	}
	for n := range 7 {
		for _, c := range tr.cells {
			if err := c.Step(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		decay := math.Min(0.3, float64(1+n)/float64(10+n))
		a, b := parameters(t, tr, 0), parameters(t, tr, 1)
		for i := range want {
			want[i] = decay*want[i] + (1-decay)*(2*float64(a[i])+6*float64(b[i]))/8
		}
		if n%3 == 2 {
			if err := tr.exchange(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, x := range average(t, tr) {
		if math.Abs(float64(x)-want[i]) > 1e-6 {
			t.Fatalf("parameter %d has the average %g, want %g", i, x, want[i])
		}
	}
}

// A run that ends in the middle of a round goes on to the same bits, on any backend and number of threads.
func TestResumedInARound(t *testing.T) {
	cells := []Cell{cell(0, 2, 5), cell(1, 6, 9)}
	whole := open(t, backendOf(t, "ref", 1), options(), cells...)
	steps(t, whole, 7)
	for threads := 1; threads <= 2; threads++ {
		b := backendOf(t, "cpu", threads)
		first := open(t, b, options(), cells...)
		steps(t, first, 4)
		s, err := first.State()
		if err != nil {
			t.Fatal(err)
		}
		second := open(t, b, options(), cells...)
		if err := second.Restore(s); err != nil {
			t.Fatal(err)
		}
		steps(t, second, 3)
		want, _ := whole.State()
		got, err := second.State()
		if err != nil {
			t.Fatal(err)
		}
		sameStates(t, got, want)
	}
}

// Traffic is counted by hand: 3 rounds of 3, 3 and 1 updates, of 2 cells; then the average over time, up and down.
func TestTraffic(t *testing.T) {
	tr := open(t, backendOf(t, "cpu", 1), options(), cell(0, 2, 5), cell(1, 6, 9))
	all := 2 * 4 * int64(tr.model.Count())
	for _, want := range []Traffic{{0, 0, 0}, {0, 0, all}, {0, 0, all}, {1, all, all}, {1, all, 2 * all}, {1, all, 2 * all}, {2, 2 * all, 2 * all}, {3, 4 * all, 4 * all}} {
		if got := trafficAfter(tr.Update(), tr.model, len(tr.cells), tr.options); got != want {
			t.Errorf("after %d updates: %+v, want %+v", tr.Update(), got, want)
		}
		if tr.Update() < 7 {
			steps(t, tr, 1)
		}
	}
	if got := Total(tr.model, 2, tr.options); got != trafficAfter(tr.Update(), tr.model, len(tr.cells), tr.options) {
		t.Errorf("the whole run is told as %+v", got)
	}
}

func TestMeanByHand(t *testing.T) {
	to := make([]float32, 2)
	Mean(to, [][]float32{{1, -4}, {2, 0}, {4, 8}}, []int{1, 2, 5})
	if to[0] != 25./8 || to[1] != 36./8 {
		t.Errorf("the mean is %v", to)
	}
}

// Statistics of all cells are those of all rows: of one cell to the bit, of several up to the order of sums.
func TestStandard(t *testing.T) {
	set, err := dataset.Steel(1, 4, 8)
	if err != nil {
		t.Fatal(err)
	}
	want, err := set.Standard(set.Rows())
	if err != nil {
		t.Fatal(err)
	}
	one, err := Standard(set, [][]int{set.Rows()})
	if err != nil || !same(one.Mean, want.Mean) || !same(one.Scale, want.Scale) || one.High != want.High {
		t.Errorf("one cell has %v, want %v (%v)", one, want, err)
	}
	rows := set.Rows()
	three, err := Standard(set, [][]int{rows[:5], rows[5:6], rows[6:]})
	if err != nil || math.Abs(float64(three.Mean[0]-want.Mean[0])) > 1e-4 || math.Abs(float64(three.Scale[0]-want.Scale[0])) > 1e-4 {
		t.Errorf("three cells have %v, want %v (%v)", three, want, err)
	}
	if _, err := Standard(set, [][]int{{}, {}}); err == nil {
		t.Error("no rows are no error")
	}
}

func TestWrongCells(t *testing.T) {
	b, o := backendOf(t, "cpu", 1), options()
	if _, err := Plan(b, network(t), nil, o); err == nil {
		t.Error("no cell is no error")
	}
	o.Local = 0
	if _, err := Plan(b, network(t), []Cell{cell(0, 2, 1)}, o); err == nil {
		t.Error("rounds without updates are no error")
	}
}
