package kerneltest

import (
	"math"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/ref"
)

// TestOutputsAreWritten: every float of an output is overwritten, unless the Spec says that there are gaps.
func TestOutputsAreWritten(t *testing.T) {
	for _, op := range workOps() {
		for n, tr := range trialsOf(op) {
			spec := tr.spec()
			if len(tr.alias) > 0 || spec.Gaps != nil && spec.Gaps(&tr.desc) {
				continue
			}
			b := newBench([]*trial{tr}, uint64(n))
			one, other := b.ranOver(t, 1.5), b.ranOver(t, -2.5)
			for a, arg := range spec.Args {
				if from, to := tr.arg[a].from, tr.arg[a].to; !slices.EqualFunc(one[from:to], other[from:to], same) {
					t.Errorf("trial %d (%s) leaves floats of %s as they are: Gaps in the Spec of %s has to say so", n, tr, arg.Name, op)
				}
			}
		}
	}
}

// ranOver is the arena of a bench with one trial after a run. Before the run, all outputs that it overwrites were v.
func (b *bench) ranOver(t *testing.T, v float32) []float32 {
	t.Helper()
	x, tr := slices.Clone(b.arena), b.trials[0]
	for a, arg := range tr.spec().Args {
		if arg.Mode != kernels.Fresh && (arg.Mode != kernels.Out || tr.desc.Has(acc)) {
			continue
		}
		for i := tr.arg[a].from; i < tr.arg[a].to; i++ {
			x[i] = v
		}
	}
	if err := ref.Exec(&b.trials[0].desc, x); err != nil {
		t.Fatal(err)
	}
	return x
}

// TestRowsAreThoseOfTheSpec: an op that is run on the parts of its batch, as Rows says, has the results of a run on the whole batch.
func TestRowsAreThoseOfTheSpec(t *testing.T) {
	cut := map[kernels.Op]int{}
	for _, op := range workOps() {
		for n, tr := range trialsOf(op) {
			if len(tr.alias) > 0 || tr.desc.Has(acc) {
				continue
			}
			l := newLab(t, tr)
			if r, parts, ok := cutOf(&tr.desc); ok {
				cut[op]++
				l.compareParts(n, r, parts)
			}
		}
		if _, ok := sampleRows(op); ok && cut[op] == 0 {
			t.Errorf("no trial of %s is cut into parts", op)
		}
	}
	if len(cut) < 15 {
		t.Errorf("only %d ops are cut into parts", len(cut))
	}
}

// sampleRows are the rows of the first trial of an op.
func sampleRows(op kernels.Op) (kernels.Rows, bool) { return trialsOf(op)[0].desc.Rows(1) }

// cutOf cuts an op into the smallest possible number of parts above one.
func cutOf(d *kernels.Desc) (r kernels.Rows, parts int64, ok bool) {
	if r, ok = d.Rows(1); !ok {
		return r, 0, false
	}
	for n := int64(2); n <= min(d.Dim[r.Dim], 64); n++ {
		if r, ok := d.Rows(n); ok {
			return r, n, true
		}
	}
	return r, 0, false
}

// compareParts runs the op of a lab in float64, as a whole and in parts.
func (l *lab) compareParts(n int, r kernels.Rows, parts int64) {
	l.t.Helper()
	d := &l.tr.desc
	whole, x := slices.Clone(l.x), slices.Clone(l.x)
	l.exec(d, whole)
	var sum []float64
	for i := range parts {
		part := r.Part(*d, 1, parts)
		for a := range part.Arg {
			if part.Arg[a] != kernels.Absent {
				part.Arg[a] += i * r.Pitch[a]
			}
		}
		l.exec(&part, x)
		if r.Sum != kernels.NoSum {
			sum = plus(sum, x[l.tr.arg[r.Sum].from:l.tr.arg[r.Sum].to])
		}
	}
	if r.Sum != kernels.NoSum {
		copy(x[l.tr.arg[r.Sum].from:], sum)
	}
	for a, arg := range l.tr.spec().Args {
		for i := l.tr.arg[a].from; i < l.tr.arg[a].to; i++ {
			if !nearly(x[i], whole[i]) {
				l.t.Fatalf("trial %d (%s) in %d parts: %s[%d] is %g, at once %g: Rows in the Spec of %s is wrong",
					n, l.tr, parts, arg.Name, i-l.tr.arg[a].from, x[i], whole[i], d.Op)
			}
		}
	}
}

func (l *lab) exec(d *kernels.Desc, x []float64) {
	l.t.Helper()
	if err := ref.Exec(d, x); err != nil {
		l.t.Fatal(err)
	}
}

// plus adds x to a sum; an empty sum is zero.
func plus(sum, x []float64) []float64 {
	if sum == nil {
		return slices.Clone(x)
	}
	for i, v := range x {
		sum[i] += v
	}
	return sum
}

// nearly allows for another order of a sum, and for a factor that is rounded to float32.
func nearly(a, b float64) bool {
	return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-6*(1+math.Abs(b))
}
