package kernels

import (
	"strings"
	"testing"
)

func TestEveryOpSaysHowItsRowsMove(t *testing.T) {
	for _, o := range Ops() {
		if specs[o].Rows == nil {
			t.Errorf("the Spec of %s has no Rows (kernels/op_*.go): byRow, or uncut", o)
		}
	}
}

// TestCodesHaveNoGaps: two ops with one code, or a code that skips some, would not start.
func TestCodesHaveNoGaps(t *testing.T) {
	for want, second := range map[string]family{"code 1 of op": {1: {Name: "b"}}, "code 3 of op b": {3: {Name: "b"}}, "": {2: {Name: "b"}}} {
		if got := refusal([]family{{1: {Name: "a"}}, second}); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("collect panics with %q, want %q", got, want)
		}
	}
}

// refusal is what collect panics with; "" if it does not.
func refusal(families []family) (text string) {
	defer func() {
		if x := recover(); x != nil {
			text = x.(string)
		}
	}()
	collect(families)
	return ""
}

// TestPartsOfBatches: a part of a batch has its share of the dimension, and of the factor of a mean.
func TestPartsOfBatches(t *testing.T) {
	d := Desc{Op: OpAttention, Dim: [MaxDims]int64{6, 3, 2, 4}, Scalar: [MaxScalars]float32{0.5}}
	r, ok := d.Rows(3)
	if !ok || r.Pitch[0] != 2*3*2*4 || r.Sum != 4 {
		t.Fatalf("rows %+v, %v", r, ok)
	}
	if part := r.Part(d, 1, 3); part.Dim[0] != 2 || part.Scalar[0] != 0.5/3 {
		t.Errorf("one of three items: %+v", part)
	}
	if _, ok := d.Rows(4); ok {
		t.Error("six samples are cut into four items")
	}
	d.Arg[4] = Absent
	if r, _ := d.Rows(3); r.Sum != NoSum {
		t.Errorf("a penalty that is absent adds up: %+v", r)
	}
}
