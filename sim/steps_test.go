package sim

import (
	"slices"
	"testing"
)

// Steps of all models, of an action and of a model, by the levels of the preset.
func TestSteps(t *testing.T) {
	s, err := Preset("gmel-cpu")
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{1, 2, 4, 5, 10}; !slices.Equal(s.Steps(), want) {
		t.Errorf("steps are %v, want %v", s.Steps(), want)
	}
	w, err := New(s, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	for level := range int32(2) {
		for destination := range int32(w.p.destinations()) {
			for model, want := range [][]int{{1, 2}, {5, 10}} {
				if got := s.StepsOf(model, w.p.join(destination, level)); got != want[level] {
					t.Errorf("destination %d at level %d is %d steps of model %d, want %d", destination, level, got, model, want[level])
				}
			}
		}
	}
	if s.MostSteps(0) != 4 || s.MostSteps(1) != 10 {
		t.Errorf("at most %d and %d steps", s.MostSteps(0), s.MostSteps(1))
	}
	if s, err = Preset("paper"); err != nil || s.Steps() != nil {
		t.Errorf("steps without services: %v, %v", s.Steps(), err)
	}
}
