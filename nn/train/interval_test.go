package train

import (
	"encoding/json"
	"math"
	"testing"
)

// Golden: t(0.975, 4) = 2.7764 (tables); 1..5 has mean 3 and standard deviation sqrt(2.5).
func TestInterval(t *testing.T) {
	x := []float64{1, 2, math.NaN(), 3, 4, 5}
	got := IntervalOf(x)
	if x[3] != 3 || x[5] != 5 {
		t.Errorf("the samples have become %v", x)
	}
	if got.Mean != 3 || math.Abs(got.Half-2.7764*math.Sqrt(2.5/5)) > 1e-3 {
		t.Errorf("%+v", got)
	}
}

// Too few values are said to be missing, in text and in JSON, and are read back.
func TestIntervalOfFewValues(t *testing.T) {
	for _, c := range []struct {
		values     []float64
		text, json string
	}{
		{nil, "n/a", `{"mean":null,"half_95":null}`},
		{[]float64{math.NaN(), 1.5}, "1.50 ± n/a", `{"mean":1.5,"half_95":null}`},
		{[]float64{2, 2}, "2.00 ± 0.00", `{"mean":2,"half_95":0}`},
	} {
		i := IntervalOf(c.values)
		data, err := json.Marshal(i)
		if err != nil || string(data) != c.json || i.Text(2) != c.text {
			t.Errorf("%s %s %v", data, i.Text(2), err)
		}
		var back Interval
		if err := json.Unmarshal(data, &back); err != nil || back.Text(2) != c.text {
			t.Errorf("%+v %v", back, err)
		}
	}
}
