package fewshot

import (
	"context"
	"errors"
	"maps"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/nn/classify"
)

// A classifier in training draws those samples that are there and that it is unsure of, in their share of their class, and none at first.
func TestRedraw(t *testing.T) {
	s := short(t)
	rows, _, err := s.Task.draw(4, 0)
	if err != nil {
		t.Fatal(err)
	}
	m := &material{task: &s.Task, rows: rows}
	made := m.set("made")
	made.Class = []int{2, 2, 5, 2, 2, 5}
	made.Values = make([]float32, len(made.Class)*made.Size())
	a := arms(t, s.Set.Shape, "flips+fly@0.25")[0]
	l := newLesson(&a, s.Set, rows, made)
	answers := fixedAnswers{.1, .5, .4, .7, .9, .9} // of class 2; class 5 has the rest
	for _, c := range []struct {
		part  int
		drawn []int
	}{{0, nil}, {1, []int{1, 2}}, {2, []int{1, 2, 3}}} {
		if c.part > 0 {
			if err := l.redraw(answers, c.part, 2); err != nil {
				t.Fatal(err)
			}
		}
		shares := map[int]float64{}
		for _, row := range l.draws {
			if at := int(row) - s.Set.N(); at >= 0 {
				shares[at] += 6 / float64(len(l.draws)) // of a class
			}
		}
		if got := slices.Sorted(maps.Keys(shares)); !slices.Equal(got, c.drawn) {
			t.Errorf("part %d of 2: samples %v are drawn, want %v", c.part, got, c.drawn)
		}
		if c.part == 2 && (math.Abs(shares[1]-.125) > 1e-3 || math.Abs(shares[2]-.25) > 1e-3) {
			t.Errorf("shares of the samples %v, want .25 for those of a class together", shares)
		}
	}
}

// Features of an image do not depend on what is encoded beside it, and no image is encoded twice.
func TestPool(t *testing.T) {
	s := short(t)
	s.Generator = generator(t, &s.Task)
	backend, err := openCPU(1)()
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	e, err := newEncoder(backend, s.Generator)
	if err != nil {
		t.Fatal(err)
	}
	defer e.close()
	a := arms(t, s.Set.Shape, "shift3")[0]
	p, l := s.newPool(), newLesson(&a, s.Set, s.Training, nil)
	views, class := p.views(l, 1)
	all, err := p.of(e, views)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range views[:40] {
		alone, err := s.newPool().of(e, []view{v})
		if err != nil || !slices.Equal(alone[0], all[i]) {
			t.Fatalf("image %d alone has other features: %v", i, err)
		}
		if class[i] != s.Set.Class[v.row] || v.variant < 1 || int(v.variant) > pooled/9+1 {
			t.Errorf("image %d: class %d, variant %d", i, class[i], v.variant)
		}
	}
	if other, _ := p.views(l, 2); slices.Equal(other, views) {
		t.Error("another seed draws the same variants")
	}
	e.program = nil // which would encode
	if again, err := p.of(e, views); err != nil || !reflect.DeepEqual(again, all) {
		t.Errorf("known images are encoded again: %v", err)
	}
	if p.forget(s.Set); len(p.have) != 0 {
		t.Errorf("%d images are kept of a set that is forgotten", len(p.have))
	}
}

// Arms have the classifier of the study or their own, choose samples as they learn, and are compared with the same arm without samples. The
// table is the same for any number of jobs and threads, and after a stop.
func TestArmsWithClassifiers(t *testing.T) {
	s := short(t)
	s.Generator, s.Adapt, s.Seeds, s.read = generator(t, &s.Task), 1, 1, 60
	s.Generator.Tuned = true
	s.Arms = arms(t, s.Set.Shape, "flips", "flips+fly", "flips+encoder", "flips+encoder+fly")
	s.network = func(o *classify.Options) { o.Updates, o.Batch = 10, 8 }
	want, err := s.Run(t.Context(), Options{Jobs: 1, Open: openCPU(1)})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "study")
	ctx, cancel := context.WithCancel(t.Context())
	first := Options{Folder: dir, Jobs: 2, Open: openCPU(2), Progress: func(done, _ int) {
		if done == 3 {
			cancel()
		}
	}}
	if _, err := s.Run(ctx, first); !errors.Is(err, context.Canceled) {
		t.Fatalf("a stopped study: %v", err)
	}
	got, err := s.Run(t.Context(), Options{Folder: dir, Jobs: 2, Open: openCPU(1)})
	if err != nil {
		t.Fatal(err)
	}
	if want.bar, got.bar = nil, nil; !reflect.DeepEqual(got, want) {
		t.Errorf("another table after a stop:\n%s\n%s", got.Markdown(), want.Markdown())
	}
	if got.Bar != "flips" || got.Arms[2].Validation != nil {
		t.Errorf("the bar is %q, want flips, since others have another classifier", got.Bar)
	}
	for i, r := range got.Arms {
		if made := strings.HasSuffix(r.Arm, "+"+fly); (r.Added != nil) != made || (r.Minus == nil) != (i == 0) {
			t.Errorf("%+v", r)
		}
	}
	plain, fly := got.Arms[2], got.Arms[3]
	if *got.Arms[1].Added.Corrected != *got.Arms[1].Minus.Corrected || math.Abs(fly.Added.Macro.Mean-(fly.Macro.Mean-plain.Macro.Mean)) > 1e-12 {
		t.Error("an arm is not compared with the same one without samples")
	}
}
