package classify

import (
	"slices"
	"strings"
	"testing"
)

// Rounds with the first table again change no bit, even if the network is asked in between. Spare rows are drawn from the round on that
// has them, and count for nothing before.
func TestRounds(t *testing.T) {
	backend, set := open(t, "ref", 1), steel(t, 4, 8)
	o := Defaults()
	o.Updates, o.Batch = 7, 4
	spare := []int{set.N() - 1, set.N() - 2}
	table := make([]float32, set.N()-2)
	for i := range table {
		table[i] = float32(i)
	}
	train := func(next func(c *Classifier, round int) ([]float32, error)) []float32 {
		if next != nil {
			o.Rounds = &Rounds{N: 3, Spare: spare, Next: next}
		}
		c, err := Train(t.Context(), backend, set, table, o)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.parameters(t)
	}
	want := train(nil)
	var rounds []int
	same := train(func(c *Classifier, round int) ([]float32, error) {
		rounds = append(rounds, round)
		_, err := c.Predict(set, spare)
		return table, err
	})
	if !slices.Equal(same, want) || !slices.Equal(rounds, []int{1, 2}) {
		t.Errorf("rounds %v of one table have other parameters than one round", rounds)
	}
	other := train(func(*Classifier, int) ([]float32, error) {
		return slices.Repeat([]float32{float32(spare[0])}, len(table)), nil
	})
	if slices.Equal(other, want) {
		t.Error("later tables change nothing")
	}
}

func TestRoundsRefused(t *testing.T) {
	backend, set := open(t, "ref", 1), steel(t, 2, 8)
	next := func(table ...float32) func(*Classifier, int) ([]float32, error) {
		return func(*Classifier, int) ([]float32, error) { return table, nil }
	}
	for want, r := range map[string]Rounds{
		"3 rounds of 2 updates": {N: 3, Next: next(0, 1)},
		"1 rounds of 2 updates": {N: 1},
		"spare row 12":          {N: 2, Spare: []int{12}, Next: next(0, 1)},
		"draw 1 is row 2":       {N: 2, Next: next(0, 2)},
		"1 draws, and":          {N: 2, Next: next(0)},
	} {
		o := Defaults()
		o.Updates, o.Batch, o.Rounds = 2, 2, &r
		if _, err := Train(t.Context(), backend, set, []float32{0, 1}, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
