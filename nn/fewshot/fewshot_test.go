package fewshot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/kernels"
	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/nn/classify"
	"github.com/gmel-go/gmel/nn/dataset"
)

func openCPU(threads int) func() (kernels.Backend, error) {
	name := "ref"
	if slices.Contains(kernels.Backends(), "cpu") {
		name = "cpu"
	}
	return func() (kernels.Backend, error) { return kernels.Open(name, kernels.Options{Threads: threads}) }
}

// task is drawn steel defects with two rare classes.
func task(t *testing.T, perClass, size int) Task {
	t.Helper()
	set, err := dataset.Steel(1, perClass, size)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := set.Split([]dataset.Share{{Name: "train", Weight: 7}, {Name: "test", Weight: 3}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	return Task{Set: set, Training: parts[0].Rows, Test: parts[1].Rows, Rare: []int{2, 5}, Seed: 3}
}

func arms(t *testing.T, shape []int, names ...string) (list []Arm) {
	t.Helper()
	for _, name := range names {
		a, err := ParseArm(name, shape)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, a)
	}
	return list
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// short is a study of a few seconds.
func short(t *testing.T) *Study {
	s := &Study{Task: task(t, 14, 12), K: 4, Draws: 2, Seeds: 2, Parts: 2, Classifier: CNN, Adapt: DefaultAdapt}
	s.Arms = arms(t, s.Set.Shape, "nothing", "shift3+mixup", "flips+oracle")
	s.network = func(o *classify.Options) { o.Updates, o.Batch = 4, 8 }
	return s
}

func TestArms(t *testing.T) {
	for name, want := range map[string]Arm{
		"nothing":                    {},
		"balanced":                   {Balanced: true},
		"flips":                      {Balanced: true, Vary: dataset.Augment{FlipX: true, FlipY: true}},
		"shift3+oracle":              {Balanced: true, Vary: dataset.Augment{FlipX: true, FlipY: true, ShiftX: 3, ShiftY: 3}, Source: oracle, Share: .5},
		"flips+paste@0.25":           {Balanced: true, Vary: dataset.Augment{FlipX: true, FlipY: true}, Source: paste, Share: .25},
		"nothing+oracle":             {Source: oracle, Share: .5},
		"nothing+encoder":            {Classifier: Encoder},
		"balanced+logistic+fly@0.25": {Balanced: true, Classifier: Logistic, Source: fly, Share: .25},
		"balanced+gaussian":          {Balanced: true, Source: gaussian, Share: .5},
	} {
		want.Name = name
		if got, err := ParseArm(name, []int{12, 12, 1}); err != nil || got != want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, want := range map[string]string{
		"turned": `no arm "turned"`, "shift": "shifts by", "shift12": "below the size", "shift3+": "has the source", "flips+fly+encoder": "has the source", "flips+encoder@.5": "share", "flips@.5": "share", "flips+oracle@.5": "share",
		"flips+smote@1": "share", "nothing+paste": "has no share", "nothing+adapt@.25": "has no share",
	} {
		if _, err := ParseArm(name, []int{12, 12, 1}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	window := []int{64, 3}
	if a, err := ParseArm("shift3", window); err != nil || (a.Vary != dataset.Augment{ShiftX: 3}) {
		t.Errorf("windows: %+v, %v", a, err)
	}
	for _, name := range []string{"flips", "shift3+paste"} {
		if _, err := ParseArm(name, window); err == nil {
			t.Errorf("%s is allowed for windows", name)
		}
	}
	for _, shape := range [][]int{{32, 32, 1}, window, {8, 8, 1}} {
		arms(t, shape, Baselines(shape)...)
	}
}

// Draws have k images of each rare class and all of the others, those of a smaller k among those of a larger one.
func TestDraws(t *testing.T) {
	task := task(t, 20, 8)
	var before []int
	for _, k := range []int{2, 5} {
		rows, unused, err := task.draw(k, 7)
		if err != nil {
			t.Fatal(err)
		}
		for class, n := range task.Set.Counts(rows) {
			if want := map[bool]int{true: k, false: 14}[task.isRare(class)]; n != want {
				t.Errorf("k %d: %d rows of class %d, want %d", k, n, class, want)
			}
		}
		both := slices.Sorted(slices.Values(append(slices.Clone(rows), unused...)))
		if !slices.Equal(both, task.Training) || len(unused) != 2*(14-k) {
			t.Errorf("k %d: rows and unused ones are not those of training", k)
		}
		for _, row := range before {
			if !slices.Contains(rows, row) {
				t.Errorf("row %d of the smaller draw is not in the larger one", row)
			}
		}
		before = rows
	}
}

// Every class is drawn equally often, its further images in their share, and every row at all.
func TestLesson(t *testing.T) {
	task := task(t, 14, 8)
	rows, _, err := task.draw(3, 0)
	if err != nil {
		t.Fatal(err)
	}
	m := &material{task: &task, rows: rows, seed: 1}
	further, err := m.make(t.Context(), smote)
	if err != nil {
		t.Fatal(err)
	}
	a := arms(t, task.Set.Shape, "balanced+smote@0.25")[0]
	l := newLesson(&a, task.Set, rows, further)
	counts, made, seen := make([]float64, 6), make([]float64, 6), map[int]bool{}
	for _, row := range l.draws {
		class := l.set.Class[int(row)]
		counts[class]++
		seen[int(row)] = true
		if int(row) >= task.Set.N() {
			made[class]++
		}
	}
	for class := range counts {
		want := map[bool]float64{true: .25, false: 0}[task.isRare(class)]
		if counts[class] != counts[0] || math.Abs(made[class]/counts[class]-want) > 1e-3 {
			t.Errorf("class %d: %g draws, %g of them made; want %g draws and the share %g", class, counts[class], made[class], counts[0], want)
		}
	}
	if len(seen) != len(rows)+further.N() {
		t.Errorf("%d rows are drawn, want %d real and %d made", len(seen), len(rows), further.N())
	}
	all := arms(t, task.Set.Shape, "nothing")[0]
	if l := newLesson(&all, task.Set, rows, nil); len(l.draws) != len(rows) {
		t.Errorf("%d draws of nothing, want each of %d rows once", len(l.draws), len(rows))
	}
}

// A mixture is on the line between two images, nearer to that of its class more often, and classes are equally often.
func TestMixtures(t *testing.T) {
	set := &dataset.Set{Name: "points", Shape: []int{1, 1, 1}, High: 1, Classes: []string{"a", "b"}, Values: []float32{0, 1}, Class: []int{0, 1}}
	m := &material{task: &Task{Set: set}, rows: []int{0, 1}, seed: 5}
	made := m.mix()
	mean, ones, squares := [2]float64{}, 0, 0.0
	for n, v := range made.Values {
		mean[made.Class[n]] += float64(v)
		ones += made.Class[n]
		squares += float64(v) * float64(v)
	}
	// A pair is equal with probability 1/2. Otherwise v is uniform and the class 1 with probability v, so the mean of v in
	// class 1 is (1/4 1 + 1/2 1/3) / (1/2) = 5/6.
	if share := float64(ones) / mixtures; math.Abs(share-.5) > .04 {
		t.Errorf("class 1 has the share %g, want 1/2", share)
	}
	if got := mean[1] / float64(ones); math.Abs(got-5./6) > .03 {
		t.Errorf("mean of class 1 is %g, want 5/6", got)
	}
	if got := squares / mixtures; math.Abs(got-(.25+.5/3)) > .03 {
		t.Errorf("mean square %g, want 5/12", got)
	}
}

// Logistic regression has the probabilities of scikit-learn, wherever its search begins; see the generator beside the golden file.
func TestLogistic(t *testing.T) {
	text, err := os.ReadFile("testdata/logistic.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		X             [][]float64
		Class         []int
		Probabilities [][]float64
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	m, err := fitLogistic(golden.X, golden.Class, 3, search{iterations: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if len(golden.X) < 20 {
		t.Fatalf("%d rows", len(golden.X))
	}
	half, err := fitLogistic(golden.X[10:], golden.Class[10:], 3, search{iterations: 1000})
	if err != nil {
		t.Fatal(err)
	}
	later, err := fitLogistic(golden.X, golden.Class, 3, search{1000, half})
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range golden.X {
		for _, m := range []*logistic{m, later} {
			for c, p := range m.probabilities(x) {
				if want := golden.Probabilities[i][c]; math.Abs(p-want) > 1e-4 {
					t.Errorf("row %d: probability %g of class %d, want %g", i, p, c, want)
				}
			}
		}
	}
}

// Parts of a validation cover every row once, and hold back rows of all classes.
func TestSplit(t *testing.T) {
	s := short(t)
	b, err := s.newBench(nil, 4, 1)
	if err != nil {
		t.Fatal(err)
	}
	var all []int
	for part := 1; part <= 4; part++ {
		kept, back := b.split(part)
		for class, n := range s.Set.Counts(back) {
			if n == 0 || s.isRare(class) && n != 1 {
				t.Errorf("part %d holds back %d rows of class %d", part, n, class)
			}
		}
		if both := slices.Sorted(slices.Values(append(kept, back...))); !slices.Equal(both, b.rows) {
			t.Errorf("part %d: %v", part, both)
		}
		for _, row := range back {
			if s.isRare(s.Set.Class[row]) {
				all = append(all, row)
			}
		}
	}
	if _, back := b.split(5); len(back) == 0 { // of classes with four rows, the first fold again
		t.Error("the fifth part is empty")
	}
	if slices.Sort(all); len(slices.Compact(all)) != 8 {
		t.Errorf("%v are held back, want each of the eight rare rows", all)
	}
}

// A study has the same table for any number of jobs and threads, and from a folder in which some cells are there.
func TestStudy(t *testing.T) {
	s := short(t)
	want, err := s.Run(t.Context(), Options{Jobs: 1, Open: openCPU(1)})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "study")
	write(t, filepath.Join(dir, identityFile+disk.TempSuffix), "{") // as a kill in the first write leaves it
	ctx, cancel := context.WithCancel(t.Context())
	first := Options{Folder: dir, Jobs: 2, Open: openCPU(2), Progress: func(done, _ int) {
		if done == 5 {
			cancel()
		}
	}}
	if _, err := s.Run(ctx, first); !errors.Is(err, context.Canceled) {
		t.Fatalf("a stopped study: %v", err)
	}
	made := 0
	got, err := s.Run(t.Context(), Options{Folder: dir, Jobs: 1, Open: openCPU(1), Progress: func(done, total int) { made = total }})
	if err != nil {
		t.Fatal(err)
	}
	if want.bar, got.bar = nil, nil; !reflect.DeepEqual(got, want) {
		t.Errorf("another table after a stop:\n%s\n%s", got.Markdown(), want.Markdown())
	}
	if made != 2*(3*2+2*2) {
		t.Errorf("%d cells, want three arms by two seeds, and two parts of two baselines, in two draws", made)
	}
	if made, err := os.ReadFile(filepath.Join(dir, "made/k4/shift3+mixup.png")); err != nil || len(made) < 100 {
		t.Errorf("no picture of the mixtures: %v", err)
	}
	picture, err := got.Picture()
	if err != nil {
		t.Fatal(err)
	}
	if c, err := png.DecodeConfig(bytes.NewReader(picture)); err != nil || c.Width < 500 || c.Height < 100 {
		t.Errorf("a picture of %d by %d: %v", c.Width, c.Height, err)
	}
	if got.Bar == "" || got.Arms[2].Validation != nil || got.Arms[0].Validation == nil || got.Arms[1].Copies == nil {
		t.Errorf("%+v", got)
	}
	if got.Arms[2].Minus == nil || got.Arms[2].Minus.Corrected != nil {
		t.Error("the oracle's corrected score is compared with that of other images")
	}
	for _, r := range got.Arms[:2] {
		if (r.Minus == nil) != (r.Arm == got.Bar) || r.Minus != nil && r.Minus.Corrected == nil {
			t.Errorf("%s beside the bar %s: %+v", r.Arm, got.Bar, r.Minus)
		}
	}
	s.Classifier = Logistic
	if _, err := s.Run(t.Context(), Options{Folder: dir, Open: openCPU(1)}); err == nil || !strings.Contains(err.Error(), "classifier is cnn there") {
		t.Errorf("the folder of another study: %v", err)
	}
}

// The bar and its validation read neither a test row nor an unused one: other values there change neither.
func TestBarReadsTrainingAlone(t *testing.T) {
	s := short(t)
	s.Draws, s.Seeds = 2, 1
	before, err := s.Run(t.Context(), Options{Jobs: 1, Open: openCPU(1)})
	if err != nil {
		t.Fatal(err)
	}
	used := map[int]bool{}
	for draw := range s.Draws {
		rows, _, err := s.Task.draw(s.K, draw)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			used[row] = true
		}
	}
	for row := range s.Set.N() {
		if !used[row] {
			clear(s.Set.Sample(row))
		}
	}
	after, err := s.Run(t.Context(), Options{Jobs: 1, Open: openCPU(1)})
	if err != nil {
		t.Fatal(err)
	}
	if before.Bar != after.Bar || *before.Arms[0].Validation != *after.Arms[0].Validation || *before.Arms[1].Validation != *after.Arms[1].Validation {
		t.Errorf("the bar is %s, and %s without the rows of the test", before.Bar, after.Bar)
	}
	if before.Arms[0].Macro == after.Arms[0].Macro {
		t.Error("the scores do not depend on the test rows")
	}
}

func TestRefused(t *testing.T) {
	good := short(t)
	for want, change := range map[string]func(*Study){
		"no class is rare":      func(s *Study) { s.Rare = nil },
		"all 6 classes":         func(s *Study) { s.Rare = []int{0, 1, 2, 3, 4, 5} },
		"k of 11":               func(s *Study) { s.K = 11 },
		"1 draws":               func(s *Study) { s.Draws = 1 },
		"6 parts":               func(s *Study) { s.Parts = 6 },
		"harm at k of 3":        func(s *Study) { s.Harm = 3 },
		"without arms":          func(s *Study) { s.Arms = nil },
		"the classifier of the": func(s *Study) { s.Arms[0].Classifier = CNN },
		"named twice":           func(s *Study) { s.Arms = append(s.Arms, s.Arms[0]) },
		"none is left":          func(s *Study) { s.K = 1 },
		`no classifier "tree"`:  func(s *Study) { s.Classifier = "tree" },
		"0 for the test":        func(s *Study) { s.Test = nil },
	} {
		s := *good
		s.Arms = slices.Clone(s.Arms)
		change(&s)
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
