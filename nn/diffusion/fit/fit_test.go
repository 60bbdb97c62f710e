package fit

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/internal/safetensors"
	_ "github.com/gmel-go/gmel/kernels/cpu"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/unet"
)

func (t *Trainer) must(test *testing.T, x machine.Tensor) []float32 {
	v, err := t.read(x)
	return read1(test, v, err)
}

// An untrained network gives zeros. EDM's target then has variance 1 for data of mean 0 and the deviation DataStd, at
// every level (Karras et al. 2022, appendix B.6), so the mean square is 1 up to the sampling error.
func TestFirstLossIsOne(t *testing.T) {
	o := options(1)
	o.Batch = 4096
	tr := open(t, backendOf(t, "cpu", 2), stripes(4, 4, 4), o)
	steps(t, tr, 1)
	if loss := tr.must(t, tr.mem.loss.Value)[0]; math.Abs(float64(loss)-1) > 0.03 {
		t.Errorf("the first loss is %g", loss)
	}
}

// What the Program gives the network is what package diffusion says, in float64, for levels of every size.
func TestTargetIsThatOfTheFormula(t *testing.T) {
	o := options(1)
	o.Batch, o.LevelStd = 512, 3
	tr := open(t, backendOf(t, "cpu", 1), stripes(4, 4, 4), o)
	steps(t, tr, 1)
	k := &tr.mem
	clean, noise, in := tr.must(t, k.clean), tr.must(t, k.noise), tr.must(t, k.batch.X)
	target, times := tr.must(t, k.loss.Target), tr.must(t, k.batch.Time)
	lowest, highest := math.Inf(1), 0.0
	for i := range times {
		level := diffusion.EDMLevel(math.Exp(4 * float64(times[i])))
		c := diffusion.PredictEDM.At(level)
		lowest, highest = min(lowest, level.Sigma), max(highest, level.Sigma)
		for j := i * tr.size; j < (i+1)*tr.size; j++ {
			x := level.Noisy(float64(clean[j]), float64(noise[j]))
			if want := c.In * x; math.Abs(float64(in[j])-want) > 2e-6*max(1, math.Abs(want)) {
				t.Fatalf("sigma %g: the input is %g, want %g", level.Sigma, in[j], want)
			}
			if want := c.Target(x, float64(clean[j])); math.Abs(float64(target[j])-want) > 4e-6*max(1, math.Abs(want)) {
				t.Fatalf("sigma %g: the target is %g, want %g", level.Sigma, target[j], want)
			}
		}
		if w := diffusion.PredictEDM.EDMWeight(level); math.Abs(w-1) > 1e-12 {
			t.Fatalf("sigma %g: the weight is %g", level.Sigma, w)
		}
	}
	if lowest > 1e-3 || highest < 50 {
		t.Errorf("levels from %g to %g are no test", lowest, highest)
	}
}

// ln(sigma) is normal with the mean and deviation of the options.
func TestLevelsAreLogNormal(t *testing.T) {
	o := options(1)
	o.Batch = 4096
	tr := open(t, backendOf(t, "cpu", 2), stripes(4, 4, 4), o)
	steps(t, tr, 1)
	var sum, squares float64
	for _, c := range tr.must(t, tr.mem.batch.Time) {
		sum, squares = sum+4*float64(c), squares+16*float64(c)*float64(c)
	}
	n := float64(o.Batch)
	mean := sum / n
	if std := math.Sqrt(squares/n - mean*mean); math.Abs(mean+1.2) > 4*1.2/math.Sqrt(n) || math.Abs(std-1.2) > 4*1.2/math.Sqrt(2*n) {
		t.Errorf("ln(sigma) has mean %g and deviation %g", mean, std)
	}
}

// The state has the same bits on every backend and for any number of threads.
func TestSameBitsEverywhere(t *testing.T) {
	of := func(name string, threads int) map[string][]float32 {
		tr := open(t, backendOf(t, name, threads), stripes(6, 2, 3), options(4))
		steps(t, tr, 4)
		return stateOf(t, tr)
	}
	want := of("ref", 1)
	for threads := 1; threads <= 3; threads++ {
		for name, got := range of("cpu", threads) {
			if !sameBits(got, want[name]) {
				t.Errorf("%s differs with cpu and %d threads", name, threads)
			}
		}
	}
	if len(want) < 100 {
		t.Errorf("only %d tensors", len(want))
	}
}

func stateOf(t *testing.T, tr *Trainer) map[string][]float32 {
	t.Helper()
	s, err := tr.State()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]float32{}
	for _, x := range s.Tensors {
		all[x.Name] = slices.Clone(x.Data)
	}
	return all
}

// A network that is trained longer denoises better, and the average follows it.
func TestLossFalls(t *testing.T) {
	o := options(300)
	o.Batch = 32
	tr := open(t, backendOf(t, "cpu", 2), stripes(4, 4, 4), o)
	loss := func() float64 {
		steps(t, tr, 100)
		s, err := tr.Scalars()
		if err != nil || s[0].Name != LossName {
			t.Fatal(s, err)
		}
		return s[0].Value
	}
	first, _, last := loss(), loss(), loss()
	if last > 0.6*first || last > 0.5 {
		t.Errorf("the loss falls from %.3f to %.3f only", first, last)
	}
}

// The average moves as the host computes it.
func TestAverage(t *testing.T) {
	o := options(12)
	o.EMA = 0.5 // below the limit of the warm-up from update 8 on
	tr := open(t, backendOf(t, "cpu", 1), stripes(4, 4, 4), o)
	want := tr.must(t, tr.mem.ema.Flat)
	if !sameBits(want, tr.must(t, tr.mem.net.Flat)) {
		t.Fatal("the average does not begin at the parameters")
	}
	for n := range o.Updates {
		steps(t, tr, 1)
		decay := math.Min(0.5, float64(1+n)/float64(10+n))
		net, got := tr.must(t, tr.mem.net.Flat), tr.must(t, tr.mem.ema.Flat)
		for i := range want {
			want[i] += float32(float32(1-decay) * float32(net[i]-want[i]))
			if d := math.Abs(float64(got[i] - want[i])); d > 1e-6*max(1, math.Abs(float64(want[i]))) {
				t.Fatalf("update %d: the average is %g, want %g", n, got[i], want[i])
			}
		}
		want = got
	}
}

// The rate rises from near zero and falls to near zero; Adam has it.
func TestRate(t *testing.T) {
	o := options(10)
	o.LR, o.WarmUp = 1, 3
	tr := open(t, backendOf(t, "ref", 1), stripes(4, 4, 4), o)
	want := []float64{0.25, 0.5, 0.75, 1, 0.95048, 0.81174, 0.61126, 0.38874, 0.18826, 0.04952}
	for u := range want {
		steps(t, tr, 1)
		if got := tr.must(t, tr.adam.State())[0]; math.Abs(float64(got)-want[u]) > 1e-5 {
			t.Errorf("update %d has the rate %g, want %g", u, got, want[u])
		}
	}
}

// The network is not told the class of the share of samples that the options say.
func TestShareWithoutClass(t *testing.T) {
	o := options(1)
	o.Batch, o.Unlabelled = 4096, 0.1
	tr := open(t, backendOf(t, "cpu", 2), stripes(4, 4, 4), o)
	steps(t, tr, 1)
	counts := map[float32]float64{}
	for _, c := range tr.must(t, tr.mem.batch.Class) {
		counts[c]++
	}
	n := float64(o.Batch)
	if share := counts[3] / n; math.Abs(share-0.1) > 4*math.Sqrt(0.09/n) {
		t.Errorf("a share of %.4f has no class", share)
	}
	if counts[0]+counts[1]+counts[2]+counts[3] != n {
		t.Errorf("classes %v", counts)
	}
}

// Every entry of the table of draws is drawn equally often, so a sample as often as it has entries, by chi-square at
// p = .001.
func TestDrawsAreUniform(t *testing.T) {
	o, d := options(1), stripes(40, 7, 13)
	o.Batch = 12000
	entries := make([]float64, d.N())
	for i := range d.N() {
		d.Values[i*d.Size()] = float32(i) // by which a sample is known
		for range []int{1, 6, 3}[d.Class[i]] {
			d.Draws = append(d.Draws, float32(i))
			entries[i]++
		}
	}
	tr := open(t, backendOf(t, "cpu", 2), d, o)
	steps(t, tr, 1)
	seen, clean := make([]float64, d.N()), tr.must(t, tr.mem.clean)
	for i := range o.Batch {
		seen[int(clean[i*d.Size()])]++
	}
	chi := 0.0
	for i, n := range seen {
		expect := float64(o.Batch) * entries[i] / float64(len(d.Draws))
		chi += (n - expect) * (n - expect) / expect
	}
	if chi > 98.3 { // the .999 quantile for 59 degrees of freedom
		t.Errorf("chi-square is %.1f", chi)
	}
}

// An update draws a variant of each sample, all of them equally often, and tells the network which.
func TestVariants(t *testing.T) {
	d, o := stripes(20), options(1)
	const variants, told = 6, 2
	d.Variants, d.Values = variants, slices.Repeat(d.Values, variants)
	for row := range variants * 20 { // by which a sample and a variant are known
		d.Values[row*d.Size()] = float32(row)
		d.Described = append(d.Described, float32(row)/100, float32(row/20))
	}
	o.Batch = 4000
	c := network(t, 0).Config()
	c.Augment = told
	m, err := unet.New("net", c)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := Plan(backendOf(t, "cpu", 2), m, d, o)
	if err == nil {
		err = tr.Open()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	steps(t, tr, 1)
	var seen [variants * 20]float64
	clean, described, class := tr.must(t, tr.mem.clean), tr.must(t, tr.mem.batch.Augment), tr.must(t, tr.mem.labels)
	for i := range o.Batch {
		row := int(clean[i*d.Size()])
		seen[row]++
		if !sameBits(described[i*told:][:told], d.Described[row*told:][:told]) {
			t.Fatalf("sample %d is variant %d, but %v is told", i, row/20, described[i*told:][:told])
		}
	}
	if len(class) != 20 {
		t.Errorf("%d classes of 20 samples", len(class))
	}
	chi, expect := 0.0, float64(o.Batch)/float64(len(seen))
	for _, n := range seen {
		chi += (n - expect) * (n - expect) / expect
	}
	if chi > 173.6 { // the .999 quantile for 119 degrees of freedom
		t.Errorf("chi-square is %.1f", chi)
	}
}

// A number that is not finite ends the run, and no checkpoint has one.
func TestNoSilentNaN(t *testing.T) {
	tr := open(t, backendOf(t, "ref", 1), stripes(4, 4, 4), options(2))
	net := tr.must(t, tr.mem.net.Flat)
	net[0] = float32(math.Inf(1))
	if err := tr.session.Upload(tr.mem.net.Flat, net); err != nil {
		t.Fatal(err)
	}
	var again *train.Repeated
	if _, err := tr.State(); !errors.As(err, &again) || !strings.Contains(err.Error(), "net[0] is +Inf") {
		t.Errorf("State: %v", err)
	}
	if err := tr.Step(t.Context()); !errors.As(err, &again) || !strings.Contains(err.Error(), "update 1: batch/y[0] is NaN") {
		t.Errorf("Step: %v", err)
	}
}

func TestFaults(t *testing.T) {
	b := backendOf(t, "ref", 1)
	for want, spoil := range map[string]func(d *Data, o *Options){
		"0 updates; allowed: 1 to":                                    func(_ *Data, o *Options) { o.Updates = 0 },
		"a batch of 0":                                                func(_ *Data, o *Options) { o.Batch = 0 },
		"a rate of 0":                                                 func(_ *Data, o *Options) { o.LR = 0 },
		"a decay of 1":                                                func(_ *Data, o *Options) { o.EMA = 1 },
		"noise levels beyond those of float32":                        func(_ *Data, o *Options) { o.LevelStd = 9 },
		"samples [4 16 1] for a network that maps":                    func(d *Data, _ *Options) { d.Shape = []int{4, 16, 1} },
		"sample 2 has class 3; allowed: 0 to 2":                       func(d *Data, _ *Options) { d.Class[2] = 3 },
		"2 classes of 12 samples for a network with":                  func(d *Data, _ *Options) { d.Class = d.Class[:2] },
		"700 values are no set of samples [8 8 1] in 1 variants":      func(d *Data, _ *Options) { d.Values = d.Values[:700] },
		"3 numbers describe 12 variants for a network that is told 0": func(d *Data, _ *Options) { d.Described = make([]float32, 3) },
		"draw 1 is sample 12; allowed: 0 to 11":                       func(d *Data, _ *Options) { d.Draws = []float32{0, 12} },
		"sample 1 has the value NaN":                                  func(d *Data, _ *Options) { d.Values[64] = float32(math.NaN()) },
	} {
		d, o := stripes(4, 4, 4), options(3)
		spoil(d, &o)
		if _, err := Plan(b, network(t, 0), d, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// The plan of the memory covers the arena.
func TestMemory(t *testing.T) {
	tr := open(t, backendOf(t, "cpu", 1), stripes(4, 4, 4), options(3))
	m, err := tr.Memory()
	if err != nil || m.Bytes() != 4*tr.program.Arena {
		t.Errorf("%v, %v; the arena has %d floats", m, err, tr.program.Arena)
	}
	if part := fmt.Sprint(m); !strings.Contains(part, "the set") {
		t.Error(part)
	}
}

// A checkpoint names the average as diffusers names its weights, with its shapes and numbers.
func TestStateHasTheNamesOfDiffusers(t *testing.T) {
	tr := open(t, backendOf(t, "ref", 1), stripes(4, 4, 4), options(2))
	steps(t, tr, 2)
	s, err := tr.State()
	if err != nil {
		t.Fatal(err)
	}
	flat, err := tr.Average()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "unet")
	if err := tr.model.Save(dir, flat); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(dir, "diffusion_pytorch_model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	weights, err := safetensors.Decode(file)
	if err != nil || len(weights) < 50 {
		t.Fatal(len(weights), err)
	}
	for name, w := range weights {
		if data, err := s.Tensor("ema."+name, w.Shape...); err != nil || !sameBits(data, w.Data) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
