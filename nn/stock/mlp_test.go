package stock

import (
	"math"
	"testing"
)

// One input, one hidden unit, one output, by hand: loss 1/2 sum (w2 relu(w1 x + b1) + b2 - y)^2.
func TestMLPByHand(t *testing.T) {
	m, err := NewMLP([]float32{1, -2}, []float32{0, 1}, 2, []Layer{{[]float32{2}, []float32{0.5}, 1, 1}, {[]float32{3}, []float32{-1}, 1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	loss, err := m.Pass() // outputs 6.5 and -1, errors 6.5 and -2
	if err != nil || math.Abs(float64(loss)-(6.5*6.5+4)/2) > 1e-5 {
		t.Errorf("loss %g, %v", loss, err)
	}
	grads, err := m.Grads()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{19.5, 19.5, 16.25, 4.5} { // dy = (6.5, -2); the second row is cut off
		if got := float64(grads[i][0]); math.Abs(got-want) > 1e-4 {
			t.Errorf("gradient %d is %g, want %g", i, got, want)
		}
	}
	for range 50 {
		if err := m.Step(); err != nil {
			t.Fatal(err)
		}
	}
	if after, err := m.Pass(); err != nil || !(after < loss) {
		t.Errorf("the loss went from %g to %g, %v", loss, after, err)
	}
}

func TestMLPWithWrongSizes(t *testing.T) {
	if _, err := NewMLP([]float32{1}, []float32{0}, 2, []Layer{{[]float32{2}, []float32{0.5}, 1, 1}}); err == nil {
		t.Error("two rows of one number were accepted")
	}
}
