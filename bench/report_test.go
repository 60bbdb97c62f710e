package bench

import "testing"

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		ratio, seconds, floor, goal float64
		want                        string
	}{
		{1.9, 10, 4, 1.8, "reached"},
		{1.6, 10, 5, 1.8, "missed"},
		{1.6, 10, 6, 1.8, "out of reach"}, // 10/6 is less than 1.8
		{1.6, 10, 0, 1.8, "missed"},       // the peak was not measured
		{1.6, 10, 5, 0, ""},
	} {
		d := Duel{Ratio: c.ratio, Seconds: c.seconds, Goal: c.goal}
		if got := d.verdict(c.floor); got != c.want {
			t.Errorf("ratio %g of goal %g, %g s over a floor of %g s: %q, want %q", c.ratio, c.goal, c.seconds, c.floor, got, c.want)
		}
	}
}
