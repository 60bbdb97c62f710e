package machine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
)

// total is an op that adds up over a batch: the dimension that counts the items, and for each argument the floats of an item, or of
// all items together.
type total struct {
	d     kernels.Desc
	dim   int
	each  []int
	all   []int
	sums  []int // arguments
	index int   // argument with row numbers; -1: none
}

func descOf(o kernels.Op, dims ...int64) kernels.Desc {
	d := kernels.Desc{Op: o}
	copy(d.Dim[:], dims)
	d.Scalar[0] = 1
	return d
}

// totals are ops on 7 items.
func totals() map[string]total {
	winograd := descOf(kernels.OpConvGradW, 7, 6, 6, 3, 3, 3, 2, 1, 1, 1, 1)
	winograd.Flags = kernels.FlagWinograd
	gemm := descOf(kernels.OpGemm, 3, 2, 7*4, 3, 2, 2, 1)
	gemm.Flags = kernels.FlagTransA
	scatter := descOf(kernels.OpScatterRows, 7, 3, 4)
	scatter.Flags = kernels.FlagAccumulate
	return map[string]total{
		"convolution": {descOf(kernels.OpConvGradW, 7, 5, 4, 3, 3, 3, 2, 1, 1, 1, 1), 0, []int{60, 40, 0}, []int{0, 0, 54}, []int{2}, -1},
		"winograd":    {winograd, 0, []int{108, 72, 0}, []int{0, 0, 54}, []int{2}, -1},
		"product":     {gemm, kernels.GemmK, []int{12, 8, -1, -1, 0}, []int{0, 0, 0, 0, 6}, []int{4}, -1},
		"columns":     {descOf(kernels.OpSumCols, 7*4, 3, 3), 0, []int{12, 0}, []int{0, 3}, []int{1}, -1},
		"all":         {descOf(kernels.OpSumAll, 7*5), 0, []int{5, 0}, []int{0, 1}, []int{1}, -1},
		"norm":        {descOf(kernels.OpGroupNormParamGrad, 7, 4), 0, []int{8, 0, 0, 8, 0, 0, 8}, []int{0, 4, 4, 0, 4, 4, 0}, []int{4, 5}, -1},
		"scatter":     {scatter, 0, []int{3, 1, 0}, []int{0, 0, 12}, []int{2}, 1},
	}
}

// run runs the op on the items of x from first on, with the Division if it is not nil. It returns the results of the arguments, and rows.
func (k *total) run(t *testing.T, x [][]float32, first int, d *machine.Division, keep bool) (results [][]float32, rows []float32) {
	t.Helper()
	l, items := machine.NewLayout(), 0
	for _, n := range d.Parts {
		items += n
	}
	var args, sums []machine.Tensor
	for i, each := range k.each {
		if each < 0 {
			args = append(args, machine.None)
			continue
		}
		args = append(args, l.Add(fmt.Sprint("arg", i), each*items+k.all[i]))
		if slices.Contains(k.sums, i) {
			sums = append(sums, args[i])
		}
	}
	width := 0
	for _, s := range sums {
		width += int(s.Len())
	}
	table := l.Add("rows", len(d.Parts), width)
	if keep {
		d = &machine.Division{Parts: d.Parts, Rows: table, Of: sums}
	}
	op := k.d
	op.Dim[k.dim] = op.Dim[k.dim] / 7 * int64(items)
	b := machine.NewBuilder("total", l)
	b.Divide(d)
	if op.Op == kernels.OpScatterRows {
		b.Fill(args[k.sums[0]], 0)
	}
	b.Op(op, args...)
	p, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	s, err := machine.NewSession(open(t, "ref"), l, p)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i, arg := range args {
		if arg == machine.None {
			continue
		}
		from := x[i]
		if k.each[i] > 0 {
			from = from[first*k.each[i]:][:items*k.each[i]]
		}
		if err := s.Upload(arg, from); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Run(p); err != nil {
		t.Fatal(err)
	}
	for _, arg := range append(args, table) {
		v := make([]float32, 0)
		if arg != machine.None {
			v = make([]float32, arg.Len())
			if err := s.Download(v, arg); err != nil {
				t.Fatal(err)
			}
		}
		results = append(results, v)
	}
	return results[:len(args)], results[len(args)]
}

// A divided sum is that of its parts, each by the op alone, in ascending order; the rows of a part are the same in every Program
// that has the part; and what does not add up is as without a Division.
func TestDividedSums(t *testing.T) {
	parts := machine.PartsOf(7)
	if len(parts) != 7 {
		t.Fatalf("parts %v", parts)
	}
	parts = []int{2, 2, 2, 1}
	for name, k := range totals() {
		t.Run(name, func(t *testing.T) {
			r, x := rand.New(rand.NewPCG(1, 2)), make([][]float32, len(k.each))
			for i := range x {
				x[i] = make([]float32, max(0, 7*k.each[i])+k.all[i])
				for j := range x[i] {
					x[i][j] = float32(r.NormFloat64())
					if i == k.index {
						x[i][j] = float32(r.IntN(4))
					}
				}
			}
			got, _ := k.run(t, x, 0, &machine.Division{Parts: parts}, false)
			_, rows := k.run(t, x, 0, &machine.Division{Parts: parts}, true)
			width, first := len(rows)/len(parts), 0
			want := make([]float32, width)
			for p, n := range parts {
				alone, _ := k.run(t, x, first, &machine.Division{Parts: []int{n}}, false)
				var row []float32
				for _, arg := range k.sums {
					row = append(row, alone[arg]...)
				}
				for i := range want {
					want[i] += row[i]
				}
				if !slices.Equal(rows[p*width:][:width], row) {
					t.Errorf("the row of part %d is %v, want %v", p, rows[p*width:][:width], row)
				}
				first += n
			}
			var sums []float32
			for _, arg := range k.sums {
				sums = append(sums, got[arg]...)
			}
			if !slices.Equal(sums, want) || slices.Max(want) == 0 {
				t.Errorf("the sum is %v, want %v", sums, want)
			}
			if name == "norm" {
				whole, _ := k.run(t, x, 0, &machine.Division{Parts: []int{7}}, false)
				if !slices.Equal(got[6], whole[6]) {
					t.Error("the gradient of the film differs")
				}
			}
		})
	}
}

// Parts are as even as whole items are, and at most MaxSegments.
func TestPartsOf(t *testing.T) {
	for items := 1; items < 100; items++ {
		parts, sum := machine.PartsOf(items), 0
		for _, n := range parts {
			sum += n
		}
		if sum != items || len(parts) != min(items, machine.MaxSegments) || slices.Max(parts)-slices.Min(parts) > 1 {
			t.Errorf("%d items are %v", items, parts)
		}
	}
}

// Where only rows of a sum are known, nothing may read it; but equal sums are copied, as their rows.
func TestReadersOfDividedSums(t *testing.T) {
	build := func(then func(b *machine.Builder, sum, other machine.Tensor)) error {
		l := machine.NewLayout()
		x, sum, other := l.Add("x", 4, 3), l.Add("sum", 3), l.Add("other", 3)
		rows := l.Add("rows", 4, 6)
		b := machine.NewBuilder("readers", l)
		b.Divide(&machine.Division{Parts: []int{1, 1, 1, 1}, Rows: rows, Of: []machine.Tensor{sum, other}})
		b.Op(descOf(kernels.OpSumCols, 4, 3, 3), x, sum)
		then(b, sum, other)
		_, err := b.Build()
		return err
	}
	if err := build(func(b *machine.Builder, sum, other machine.Tensor) { b.Copy(sum, other) }); err != nil {
		t.Error(err)
	}
	err := build(func(b *machine.Builder, sum, other machine.Tensor) { b.Binary(kernels.BinAdd, sum, other, other) })
	if err == nil || !strings.Contains(err.Error(), "reads a sum over a batch, of which there are rows only") {
		t.Error(err)
	}
	err = build(func(b *machine.Builder, sum, other machine.Tensor) {
		x, y := b.Temp("x", 4, 3), b.Temp("y", 3)
		b.Fill(x, 1)
		b.Op(descOf(kernels.OpSumCols, 4, 3, 3), x, y)
		b.Binary(kernels.BinAdd, y, y, other)
	})
	if err == nil || !strings.Contains(err.Error(), "for which no row has a place") {
		t.Error(err)
	}
}
