package fewshot

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion/run"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/unet"
)

// generator is an untrained network for the classes of a task that are not rare.
func generator(t *testing.T, task *Task) *run.Network {
	t.Helper()
	standard, err := task.Set.Standard(task.Training)
	if err != nil {
		t.Fatal(err)
	}
	d := &run.Description{Shape: task.Set.Shape, Standard: standard}
	for class, name := range task.Set.Classes {
		if !task.isRare(class) {
			d.Classes = append(d.Classes, name)
		}
	}
	m, err := unet.New("net", unet.Config{
		Size: task.Set.Shape[:2], Inputs: 1, Outputs: 1, Levels: []unet.Level{{Channels: 8}, {Channels: 16}}, Blocks: 1, Groups: 2, Eps: 1e-5,
		Kernel: 3, Dropout: 0.1, Classes: len(d.Classes) + 1, Augment: dataset.AugmentValues, TimeWidth: 16, FreqShift: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	n := &run.Network{Model: m, Flat: make([]float32, m.Params().Len()), Data: d, Vary: dataset.Augment{FlipX: true}, Sample: run.DefaultSample(), SHA256: strings.Repeat("ab", 32)}
	m.Params().Place(machine.NewLayout(), "net").Init(n.Flat, 1)
	return n
}

// A network for all classes begins with what the generator knows. Rare classes begin around the mean of the others, each elsewhere.
func TestBegin(t *testing.T) {
	task := task(t, 14, 12)
	g := generator(t, &task)
	c := g.Model.Config()
	c.Classes = 7
	to, err := unet.New("net", c)
	if err != nil {
		t.Fatal(err)
	}
	m := &material{task: &task, seed: 4}
	flat := m.begin(g, to)
	for i, q := range to.Params().List() {
		if old := g.Model.Params().List()[i]; q != to.ClassTable() && !slices.Equal(q.Of(flat), old.Of(g.Flat)) {
			t.Errorf("%s has changed", q.Name())
		}
	}
	old, rows := g.Model.ClassTable().Of(g.Flat), to.ClassTable().Of(flat)
	row := func(table []float32, i int) []float32 { return table[i*16:][:16] }
	for now, before := range map[int]int{0: 0, 1: 1, 3: 2, 4: 3, 6: 4} { // classes 2 and 5 are rare, 6 stands for none
		if !slices.Equal(row(rows, now), row(old, before)) {
			t.Errorf("class %d does not have its row", now)
		}
	}
	if slices.Equal(row(rows, 2), row(rows, 5)) {
		t.Error("both rare classes have the same row")
	}
	square := 0.0
	for _, class := range []int{2, 5} {
		for i, v := range row(rows, class) {
			mean := (row(old, 0)[i] + row(old, 1)[i] + row(old, 2)[i] + row(old, 3)[i]) / 4
			square += float64((v-mean)*(v-mean)) / 32
		}
	}
	if math.Abs(math.Sqrt(square)-rowNoise) > .15 {
		t.Errorf("rows of rare classes deviate by %g from the mean of the others, want about %g", math.Sqrt(square), rowNoise)
	}
}

// Half of what an adaptation draws is rare, and each class of a kind equally often.
func TestAdaptData(t *testing.T) {
	task := task(t, 14, 12)
	rows, _, err := task.draw(3, 0)
	if err != nil {
		t.Fatal(err)
	}
	g := generator(t, &task)
	g.Vary.ShiftX = 2
	m := &material{task: &task, rows: rows, seed: 4}
	d := m.adaptData(g, true)
	counts := make([]float64, 6)
	for _, row := range d.Draws {
		counts[d.Class[int(row)]] += 1 / float64(len(d.Draws))
	}
	for class, share := range counts {
		if want := map[bool]float64{true: 1. / 4, false: 1. / 8}[task.isRare(class)]; math.Abs(share-want) > 1e-3 {
			t.Errorf("class %d has the share %g, want %g", class, share, want)
		}
	}
	if d.N() != len(rows)+2*3*(rareRepeats-1) || d.Variants != variants || len(d.Described) != variants*d.N()*dataset.AugmentValues {
		t.Errorf("%d images in %d variants, %d numbers that describe them", d.N(), d.Variants, len(d.Described))
	}
}

// fixedAnswers is a classifier that gives the first class these probabilities, one for each row.
type fixedAnswers []float64

func (f fixedAnswers) Predict(*dataset.Set, []int) ([]int, error) {
	return nil, errors.New("not asked for")
}
func (f fixedAnswers) Close() error { return nil }

func (f fixedAnswers) Probabilities(_ *dataset.Set, rows []int) (p [][]float64, err error) {
	for _, row := range rows {
		p = append(p, []float64{0, 0, f[row], 0, 0, 1 - f[row]})
	}
	return p, nil
}

// Images are kept whose class has a probability between the bounds, which are allowed themselves. The classifier learns
// from real images alone.
func TestJudged(t *testing.T) {
	s := short(t)
	b, err := s.newBench(nil, 4, 0)
	if err != nil {
		t.Fatal(err)
	}
	b.learn = func(*Arm) (learner, error) {
		return func(_ context.Context, _ kernels.Backend, l *lesson, _ uint64) (answerer, error) {
			if l.set.N() != s.Set.N() {
				t.Errorf("the classifier learns from %d images, want the %d real ones", l.set.N(), s.Set.N())
			}
			return fixedAnswers{.1, .3, .5, .8, .9, .1, .6}, nil
		}, nil
	}
	m := &material{task: &s.Task, rows: b.rows}
	made := m.set("made")
	made.Class = []int{2, 2, 2, 2, 2, 5, 5} // the last two have .9 and .4
	for i := range made.Class {
		made.Values = append(made.Values, slices.Repeat([]float32{float32(i)}, made.Size())...)
	}
	a := arms(t, s.Set.Shape, "flips+uncertain")[0]
	for keep, want := range map[bounds][]float32{unsure: {1, 2, 3, 6}, sureOfPaste: {1, 2, 3, 4, 5, 6}, {0, 1}: {0, 1, 2, 3, 4, 5, 6}, {.95, 1}: nil} {
		kept, err := b.judged(t.Context(), &a, m, made, keep)
		if err != nil {
			t.Fatal(err)
		}
		var got []float32
		for row, class := range kept.Class {
			got = append(got, kept.Sample(row)[0])
			if class != made.Class[int(kept.Sample(row)[0])] {
				t.Errorf("image %g has the class %d", kept.Sample(row)[0], class)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v keeps %v, want %v", keep, got, want)
		}
	}
}

// Samples are in the range of the set, the same for any number of threads, and others in another draw.
func TestRecipes(t *testing.T) {
	s := short(t)
	s.Generator, s.Adapt = generator(t, &s.Task), 2
	made := func(name string, threads, draw int) *dataset.Set {
		backend, err := openCPU(threads)()
		if err != nil {
			t.Fatal(err)
		}
		defer backend.Close()
		b, err := s.newBench(backend, 4, draw)
		if err != nil {
			t.Fatal(err)
		}
		a := arms(t, s.Set.Shape, name)[0]
		set, err := b.recipe(t.Context(), &a, &material{task: &s.Task, rows: b.rows, seed: 9})
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	var plain []float32
	for _, name := range []string{"flips+adapt", "flips+harmonise", "flips+uncertain", "flips+guided"} {
		set := made(name, 1, 0)
		if name == "flips+guided" && (set.N() != 2*madePerClass || slices.Equal(set.Values, plain)) {
			t.Error("guided samples are those without a guide")
		}
		if name == "flips+adapt" {
			plain = set.Values
		}
		for i, v := range set.Values {
			if !(v >= 0 && v <= 255) {
				t.Fatalf("%s: value %d is %g", name, i, v)
			}
		}
		for _, class := range set.Class {
			if !s.isRare(class) {
				t.Errorf("%s: a sample of class %d", name, class)
			}
		}
		if name != "flips+adapt" {
			continue
		}
		if set.N() != 2*madePerClass || !slices.Equal(made(name, 2, 0).Values, set.Values) {
			t.Errorf("%s: %d samples, or other ones by two threads", name, set.N())
		}
		if slices.Equal(made(name, 1, 1).Values, set.Values) {
			t.Errorf("%s: another draw has the same samples", name)
		}
	}
	s.Generator.Tuned = true
	if set := made("flips+adapt", 1, 0); set.N() != 2*madePerClass {
		t.Errorf("%d samples of a tuned generator", set.N())
	}
}

// A study has recipes beside the bar, at a larger k as well; and a classifier that reads the generator's network.
func TestStudyWithGenerator(t *testing.T) {
	s := short(t)
	s.Generator, s.Adapt, s.Seeds, s.Harm = generator(t, &s.Task), 1, 1, 6
	s.Arms = arms(t, s.Set.Shape, "flips", "flips+adapt")
	table, err := s.Run(t.Context(), Options{Jobs: 1, Open: openCPU(1)})
	if err != nil {
		t.Fatal(err)
	}
	if table.Bar != "flips" || table.Harm == nil || len(table.Harm.Arms) != 2 || table.Harm.Arms[1].Minus == nil || table.Arms[1].Ratio == nil {
		t.Errorf("%+v", table)
	}
	if !strings.Contains(table.Markdown(), "Harm: the same with 6 images of each rare class") {
		t.Error(table.Markdown())
	}
	for arm, want := range map[string]string{
		"flips": "flips", "flips+adapt": "flips+adapt-abababababab-r2-u1", "flips+logistic": "flips+logistic",
		"flips+encoder": "flips+encoder-abababababab-r2-e2", "flips+encoder+fly": "flips+encoder+fly-abababababab-r2-e2-u1",
	} {
		if name := s.name(&cell{arm: &arms(t, s.Set.Shape, arm)[0], k: 4, draw: 1, seed: 1}); name != "k4/"+want+"/draw001-seed1.json" {
			t.Errorf("a cell is called %s, want %s", name, want)
		}
	}
	s.Classifier, s.Arms, s.Harm, s.read = Encoder, s.Arms[:1], 0, 300
	if table, err = s.Run(t.Context(), Options{Jobs: 1, Open: openCPU(1)}); err != nil || table.Arms[0].Macro.Mean < .2 {
		t.Errorf("by the encoder: %v", err)
	}
}

// What a comparison of harm or a generator is for is there, or it is refused.
func TestUnusedRefused(t *testing.T) {
	s := short(t)
	s.Generator = generator(t, &s.Task)
	for _, c := range []struct{ arms, classifier, want string }{
		{"flips", CNN, "a generator that nothing uses"},
		{"flips", Encoder, "no arm needs a generator"},
		{"flips+adapt", CNN, "no arm can be the bar"},
		{"flips+adapt,flips+oracle", CNN, "no arm can be the bar"},
		{"flips,flips+adapt", CNN, ""},
	} {
		s.Arms, s.Classifier, s.Harm = arms(t, s.Set.Shape, strings.Split(c.arms, ",")...), c.classifier, 6
		if strings.HasPrefix(c.want, "a generator") {
			s.Harm = 0
		}
		if err := s.Check(); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.arms, err, c.want)
		}
	}
}

func TestGeneratorRefused(t *testing.T) {
	s := short(t)
	s.Arms = append(s.Arms, arms(t, s.Set.Shape, "flips+adapt")...)
	if err := s.Check(); err == nil || !strings.Contains(err.Error(), "needs a trained generator") {
		t.Errorf("no generator: %v", err)
	}
	for want, change := range map[string]func(*run.Network){
		"rare class":    func(g *run.Network) { g.Data.Classes[0] = s.Set.Classes[2] },
		"no class":      func(g *run.Network) { g.Data.Classes[0] = "rust" },
		"makes samples": func(g *run.Network) { g.Data.Shape = []int{8, 8, 1} },
	} {
		s.Generator = generator(t, &s.Task)
		change(s.Generator)
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// Copies of rare images are found, also mirrored ones where the arm mirrors.
func TestMemory(t *testing.T) {
	s := short(t)
	b, err := s.newBench(nil, 4, 0)
	if err != nil {
		t.Fatal(err)
	}
	m := &material{task: &s.Task, rows: b.rows}
	made := m.set("copies")
	for _, row := range m.of(2) {
		mirrored := make([]float32, s.Set.Size())
		dataset.Augment{FlipX: true}.Apply(mirrored, s.Set.Sample(row), s.Set.Shape, [dataset.AugmentValues]float32{1})
		made.Values, made.Class = append(made.Values, mirrored...), append(made.Class, 2)
	}
	for name, want := range map[string]float64{"flips+smote": 1, "balanced+smote": 0} {
		if m := b.memory(made, &arms(t, s.Set.Shape, name)[0]); m.Copies != want || (m.Ratio == 0) != (want == 1) {
			t.Errorf("%s: %+v for mirrored copies", name, m)
		}
	}
}
