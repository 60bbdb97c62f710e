package classify

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/nn/dataset"
)

func open(t *testing.T, name string, threads int) kernels.Backend {
	t.Helper()
	if !slices.Contains(kernels.Backends(), name) {
		t.Skipf("backend %s is not in this build", name)
	}
	b, err := kernels.Open(name, kernels.Options{Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func steel(t *testing.T, perClass, size int) *dataset.Set {
	t.Helper()
	set, err := dataset.Steel(1, perClass, size)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func trained(t *testing.T, backend kernels.Backend, set *dataset.Set, rows []int, o Options) *Classifier {
	t.Helper()
	draws, err := Balanced(set, rows)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Train(t.Context(), backend, set, draws, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func (c *Classifier) parameters(t *testing.T) []float32 {
	t.Helper()
	flat := make([]float32, c.mem.net.Flat.Len())
	if err := c.session.Download(flat, c.mem.net.Flat); err != nil {
		t.Fatal(err)
	}
	return flat
}

// A network tells drawn steel defects apart that it has not seen, and has the size that is documented.
func TestLearns(t *testing.T) {
	set := steel(t, 40, 16)
	var train, test []int
	for row := range set.N() {
		if row%4 == 0 {
			test = append(test, row)
		} else {
			train = append(train, row)
		}
	}
	o := Defaults()
	o.Updates, o.Batch, o.Vary = 120, 32, dataset.Augment{FlipX: true, ShiftX: 1, ShiftY: 1}
	var progress []int
	o.Progress = func(done, total int) { progress = append(progress, done, total) }
	c := trained(t, open(t, "cpu", 2), set, train, o)
	answers, err := c.Predict(set, test)
	if err != nil {
		t.Fatal(err)
	}
	var truth []int
	for _, row := range test {
		truth = append(truth, set.Class[row])
	}
	if score := Confuse(truth, answers, len(set.Classes)); score.Accuracy() < .7 || score.MacroF1() < .65 {
		t.Errorf("accuracy %g, F1 %g", score.Accuracy(), score.MacroF1())
	}
	if got, want := c.Parameters(), 23975-65; got != want { // six classes
		t.Errorf("%d parameters, want %d", got, want)
	}
	if slices.Max(progress) != 120 || len(progress) != 2*6 {
		t.Errorf("progress %v", progress)
	}
}

// The same bits on every backend and for any number of threads; another seed gives others.
func TestSameBits(t *testing.T) {
	set := steel(t, 4, 8)
	run := func(backend string, threads int, seed uint64) []float32 {
		o := Defaults()
		o.Seed, o.Updates, o.Batch, o.Vary = seed, 5, 8, dataset.Augment{FlipX: true, FlipY: true, ShiftX: 2, ShiftY: 1}
		o.Pooled = seed%2 == 1
		return trained(t, open(t, backend, threads), set, set.Rows(), o).parameters(t)
	}
	want := run("ref", 1, 3)
	for _, threads := range []int{1, 3} {
		if !slices.Equal(run("cpu", threads, 3), want) {
			t.Errorf("other bits on cpu with %d threads", threads)
		}
	}
	if slices.Equal(run("ref", 1, 4), want) {
		t.Error("another seed gives the same bits")
	}
}

// Sequences are classified as well: a rising line from a falling one.
func TestSequences(t *testing.T) {
	for _, pooled := range []bool{false, true} {
		testSequences(t, pooled)
	}
}

func testSequences(t *testing.T, pooled bool) {
	set := &dataset.Set{Name: "lines", Shape: []int{12, 2}, Classes: []string{"up", "down"}}
	for row := range 40 {
		class := row % 2
		for at := range 12 {
			v := float32(at) * float32(1-2*class)
			set.Values = append(set.Values, v+float32(row), v*v)
		}
		set.Class = append(set.Class, class)
	}
	o := Defaults()
	o.Updates, o.Batch, o.Vary, o.Pooled = 60, 16, dataset.Augment{ShiftX: 1}, pooled
	answers, err := trained(t, open(t, "cpu", 1), set, set.Rows(), o).Predict(set, set.Rows())
	if err != nil {
		t.Fatal(err)
	}
	if score := Confuse(set.Class, answers, 2); score.Accuracy() < .9 {
		t.Errorf("accuracy %g", score.Accuracy())
	}
}

// After an update the batch is rows of the set with their classes, each varied as dataset.Augment varies it, and classes
// are drawn equally often although one has few rows.
func TestBatch(t *testing.T) {
	set := steel(t, 6, 8)
	rows := slices.DeleteFunc(set.Rows(), func(row int) bool { return set.Class[row] == 2 && row%6 > 0 }) // one row of class 2
	o := Defaults()
	o.Updates, o.Batch, o.Vary = 1, 3000, dataset.Augment{FlipY: true, ShiftX: 1}
	c := trained(t, open(t, "cpu", 1), set, rows, o)
	x, label := make([]float32, c.mem.x.Len()), make([]float32, c.mem.label.Len())
	if err := c.session.Download(x, c.mem.x); err != nil {
		t.Fatal(err)
	}
	if err := c.session.Download(label, c.mem.label); err != nil {
		t.Fatal(err)
	}
	standard, err := set.Standard(rows)
	if err != nil {
		t.Fatal(err)
	}
	type variant struct {
		class float32
		form  int
	}
	forms := map[[64]float32]variant{}
	for _, row := range rows {
		clean, varied := make([]float32, 64), [64]float32{}
		standard.Apply(clean, set.Sample(row))
		for form := range 6 {
			o.Vary.Apply(varied[:], clean, set.Shape, [dataset.AugmentValues]float32{0, float32(form % 2), float32(form/2 - 1), 0})
			forms[varied] = variant{float32(set.Class[row]), form}
		}
	}
	classes, counts := make([]int, len(set.Classes)), make([]int, 6)
	for i, class := range label {
		v, ok := forms[[64]float32(x[i*64:][:64])]
		if !ok || v.class != class {
			t.Fatalf("sample %d of class %g is no variant of a row: %v %v", i, class, v, ok)
		}
		classes[int(class)]++
		counts[v.form]++
	}
	for _, n := range append(classes, counts...) { // 500 each, deviation 20
		if math.Abs(float64(n)-500) > 90 {
			t.Errorf("classes %v, variations %v", classes, counts)
			break
		}
	}
}

// Answers are those of a plain forward pass in float64, and so are probabilities.
func TestAnswers(t *testing.T) {
	for _, size := range []int{9, 12} {
		testAnswers(t, size, size == 12)
	}
}

func testAnswers(t *testing.T, size int, pooled bool) {
	set := steel(t, 4, size)
	o := Defaults()
	o.Updates, o.Batch, o.Pooled = 30, 16, pooled
	c := trained(t, open(t, "cpu", 2), set, set.Rows(), o)
	answers, err := c.Predict(set, set.Rows())
	if err != nil {
		t.Fatal(err)
	}
	chances, err := c.Probabilities(set, set.Rows())
	if err != nil {
		t.Fatal(err)
	}
	p := plain{c, c.parameters(t)}
	for row, answer := range answers {
		x := make([]float32, set.Size())
		c.standard.Apply(x, set.Sample(row))
		logits := p.logits(x, size)
		for a, chance := range chances[row] {
			if got, want := math.Log(chance/chances[row][0]), logits[a]-logits[0]; math.Abs(got-want) > 1e-4*(1+math.Abs(want)) {
				t.Errorf("row %d: logarithm of the odds of class %d against 0 is %g, want %g", row, a, got, want)
			}
		}
		best := slices.Index(logits, slices.Max(logits))
		if best != answer && logits[best]-logits[answer] > 1e-4 {
			t.Errorf("row %d is %d, want %d: %v", row, answer, best, logits)
		}
	}
	if len(slices.Compact(slices.Sorted(slices.Values(answers)))) < 3 {
		t.Errorf("answers %v decide nothing", answers)
	}
}

// plain is the network by loops over its formulas.
type plain struct {
	c    *Classifier
	flat []float32
}

func (p plain) logits(x []float32, size int) []float64 {
	h := make([]float64, len(x))
	for i, v := range x {
		h[i] = float64(v)
	}
	for i := range widths {
		h, size = p.conv(h, size, i)
		p.norm(h, i)
		if p.c.options.Pooled && i < len(widths)-1 {
			h, size = p.pool(h, size, widths[i]), size/2
		}
	}
	last := widths[len(widths)-1]
	w, b := p.c.net.out.W.Of(p.flat), p.c.net.out.B.Of(p.flat)
	logits := make([]float64, len(b))
	for k := range logits {
		logits[k] = float64(b[k])
		for i, v := range h {
			logits[k] += v * float64(w[i%last*len(b)+k]) / float64(size*size)
		}
	}
	if p.c.options.Pooled {
		for channel, v := range p.peaks(h, last) {
			for k := range logits {
				logits[k] += v * float64(w[(last+channel)*len(b)+k])
			}
		}
	}
	return logits
}

// pool keeps the largest of every two by two pixels.
func (p plain) pool(x []float64, size, channels int) (y []float64) {
	y = make([]float64, len(x)/4)
	for at, v := range x {
		row, column, c := at/channels/size, at/channels%size, at%channels
		to := (row/2*(size/2)+column/2)*channels + c
		y[to] = max(y[to], v) // all are at least 0
	}
	return y
}

func (p plain) peaks(x []float64, channels int) []float64 {
	y := make([]float64, channels)
	for at, v := range x {
		y[at%channels] = max(y[at%channels], v)
	}
	return y
}

func (p plain) conv(x []float64, size, i int) ([]float64, int) {
	l := p.c.net.convs[i]
	w, b := l.W.Of(p.flat), l.B.Of(p.flat)
	in, out, stride := l.W.Shape()[2], len(b), l.Window.Stride
	to := (size-1)/stride + 1
	y := make([]float64, to*to*out)
	for at := range y {
		f, column, row := at%out, at/out%to, at/out/to
		y[at] = float64(b[f])
		for tap := range 9 {
			r, s := row*stride+tap/3-1, column*stride+tap%3-1
			if r < 0 || s < 0 || r >= size || s >= size {
				continue
			}
			for k := range in {
				y[at] += x[(r*size+s)*in+k] * float64(w[(tap*in+k)*out+f])
			}
		}
	}
	return y, to
}

// norm normalises groups of channels and applies ReLU.
func (p plain) norm(x []float64, i int) {
	l, channels := p.c.net.norms[i], widths[i]
	gamma, beta := l.Gamma.Of(p.flat), l.Beta.Of(p.flat)
	for g := range channels / perGroup {
		var mean, square, n float64
		for at, v := range x {
			if at%channels/perGroup == g {
				mean, square, n = mean+v, square+v*v, n+1
			}
		}
		mean, square = mean/n, square/n
		for at, v := range x {
			if f := at % channels; f/perGroup == g {
				x[at] = max(0, (v-mean)/math.Sqrt(square-mean*mean+1e-5)*float64(gamma[f])+float64(beta[f]))
			}
		}
	}
}

// Scores are those of scikit-learn 1.9.1 for the same answers: accuracy_score, and f1_score with average macro and zero_division 0.
func TestScores(t *testing.T) {
	truth, answers := []int{0, 0, 0, 0, 1, 1, 1, 2, 2, 2}, []int{0, 0, 1, 2, 1, 1, 0, 0, 1, 1}
	c := Confuse(truth, answers, 4)
	if a, f := c.Accuracy(), c.MacroF1(); math.Abs(a-.4) > 1e-12 || math.Abs(f-0.3333333333333333) > 1e-9 {
		t.Errorf("accuracy %g, F1 %g", a, f)
	}
	if c.F1(3) != 0 || c.F1(2) != 0 {
		t.Errorf("F1 %g of a class without samples, %g of one that is never right", c.F1(3), c.F1(2))
	}
}

func TestRefused(t *testing.T) {
	set := steel(t, 2, 10)
	change := func(f func(*Options)) Options {
		o := Defaults()
		f(&o)
		return o
	}
	for want, c := range map[string]struct {
		draws []float32
		o     Options
	}{
		"0 updates":              {[]float32{0, 1}, change(func(o *Options) { o.Updates = 0 })},
		"a rate of -1":           {[]float32{0, 1}, change(func(o *Options) { o.LR = -1 })},
		"dropout of 1":           {[]float32{0, 1}, change(func(o *Options) { o.Dropout = 1 })},
		"0 draws":                {nil, Defaults()},
		"draw 1 is row 12":       {[]float32{0, 12}, Defaults()},
		"draw 0 is row 0.5":      {[]float32{.5}, Defaults()},
		"multiples of 4":         {[]float32{0, 1}, change(func(o *Options) { o.Pooled = true })},
		"shifts by up to 10 col": {[]float32{0, 1}, change(func(o *Options) { o.Vary.ShiftX = 10 })},
	} {
		if _, err := Train(t.Context(), open(t, "ref", 1), set, c.draws, c.o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
