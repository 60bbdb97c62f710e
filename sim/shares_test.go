package sim

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// withShares is the preset paper with models of these shares.
func withShares(t *testing.T, shares []float64) *Scenario {
	return paper(t, func(s *Scenario) {
		model := s.Tasks.Models[0]
		s.Tasks.Models = nil
		for _, x := range shares {
			model.Share = x
			s.Tasks.Models = append(s.Tasks.Models, model)
		}
	})
}

func TestRoundedSharesAreNormalised(t *testing.T) {
	for _, c := range []struct {
		shares []float64
		total  float64 // afterwards; 0: refused
	}{
		{[]float64{0.5, 0.3, 0.2}, 1},
		{[]float64{0.33, 0.33, 0.33}, 1},
		{[]float64{0.1667, 0.1667, 0.1667, 0.1667, 0.1667, 0.1667}, 1}, // 1.0002
		{[]float64{0.333, 0.333, 0.333}, 1},
		{[]float64{1}, 1},
		{[]float64{0.3334, 0.333, 0.333}, 0},     // the sum is 0.9994, of numbers with four decimals
		{[]float64{0.5, 0.3, 0.3}, 0},            // 1.1
		{[]float64{0.5, 0.3, 0.23}, 0},           // 1.03
		{[]float64{0.333333, 0.333333, 0.33}, 0}, // 0.996666
		{[]float64{0.5, 0.4998}, 0},              // 0.9998
		{[]float64{0.9}, 0},
		{[]float64{0, 0}, 0},
		{[]float64{math.NaN(), 1}, 0},
	} {
		s := withShares(t, c.shares)
		err := s.Validate()
		if (err == nil) != (c.total > 0) {
			t.Errorf("%v: %v", c.shares, err)
		}
		before := s.modelShares().total()
		s.NormaliseShares()
		switch after := s.modelShares().total(); {
		case c.total == 0 && after != before && !math.IsNaN(after):
			t.Errorf("%v are refused and changed: the sum is %v", c.shares, after)
		case c.total > 0 && math.Abs(after-c.total) > 1e-12:
			t.Errorf("%v: the sum is %v", c.shares, after)
		}
	}
}

// TestAnyRoundedSharesAreTaken: random shares that add up to 1, rounded to some decimals, keep their proportions.
func TestAnyRoundedSharesAreTaken(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	for range 2000 {
		shares, total := make([]float64, 1+r.IntN(100)), 0.0
		for k := range shares {
			shares[k] = r.ExpFloat64()
			total += shares[k]
		}
		scale, sum := math.Pow(10, float64(4+r.IntN(5))), 0.0
		for k := range shares {
			shares[k] = math.Round(shares[k]/total*scale) / scale
			sum += shares[k]
		}
		s := withShares(t, shares)
		s.NormaliseShares()
		if err := s.Validate(); err != nil || math.Abs(s.modelShares().total()-1) > exactShares {
			t.Fatalf("shares to 1/%g that add up to %v: %v after, %v", scale, sum, s.modelShares().total(), err)
		}
		for k, m := range s.Tasks.Models {
			if want := shares[k] / sum; math.Abs(m.Share-want) > 1e-6 {
				t.Fatalf("share %v of %v became %v", shares[k], sum, m.Share)
			}
		}
	}
}

// TestSharesOfTheEffectiveScenario: what was read shows the shares that are played, a second reading changes nothing, and worlds of
// a scenario from Go play the same.
func TestSharesOfTheEffectiveScenario(t *testing.T) {
	raw := withShares(t, []float64{0.33, 0.33, 0.33})
	s, err := Parse(raw.YAML(), "thirds.yaml")
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(s.YAML(), "again.yaml")
	if err != nil || !bytes.Equal(again.YAML(), s.YAML()) || math.Abs(s.Tasks.Models[2].Share-1./3) > 1e-15 {
		t.Errorf("shares %v, then %v, %v", s.Tasks.Models[2].Share, again.Tasks.Models[2].Share, err)
	}
	w, err := New(raw, 1, 1)
	if err != nil || !bytes.Equal(w.Scenario().YAML(), s.YAML()) || raw.Tasks.Models[2].Share != 0.33 {
		t.Errorf("New plays other shares, or changes its argument: %v", err)
	}
	_, err = Parse(withShares(t, []float64{0.5, 0.25, 0.3}).YAML(), "sum.yaml")
	want := "tasks.models: the shares add up to 1.05; allowed: shares that add up to 1; rounding explains at most 0.01 more or less"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
}
