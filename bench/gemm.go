package bench

import (
	"fmt"

	"github.com/gmel-go/gmel/bench/shape"
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
)

// gigaflops is the unit of matrix products.
const gigaflops = "GFLOP/s"

// Gemms are the cases of "gemm": every product of the table.
func Gemms() (list []Case) {
	for _, p := range shape.Products() {
		list = append(list, Gemm(p))
	}
	return list
}

// Gemm is one product.
func Gemm(p shape.Product) Case {
	return Case{
		Name: "gemm", Shape: p.String(), Unit: gigaflops, Peer: "gemm", narrow: p.Narrow(),
		Sizes: map[string]int{"transpose_a": flag(p.Kind == shape.GradW), "transpose_b": flag(p.Kind == shape.GradX), "relu": flag(p.Kind == shape.Forward)},
		Open:  func(b kernels.Backend) (Running, error) { return openGemm(b, p) },
	}
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

func openGemm(backend kernels.Backend, p shape.Product) (Running, error) {
	g, d := newGraph(), p.Desc()
	spec, _ := kernels.SpecOf(d.Op)
	dims := map[string][]int{"A": {p.M, p.K}, "B": {p.K, p.N}, "bias": {p.N}}
	switch p.Kind {
	case shape.GradX:
		dims["B"] = []int{p.N, p.K}
	case shape.GradW:
		dims["A"] = []int{p.K, p.M}
	}
	args := make([]machine.Tensor, len(spec.Args))
	for i, a := range spec.Args {
		switch {
		case d.Arg[i] == kernels.Absent:
		case a.Name == "C":
			args[i] = g.result("C", p.M, p.N)
		default:
			args[i] = g.normal(a.Name, dims[a.Name]...)
		}
	}
	return g.open(backend, fmt.Sprintf("gemm %s", p), func(b *machine.Builder) error {
		b.Op(d, args...)
		return nil
	})
}

// Summaries returns the geometric means of the rows' fractions of the floor, with and without the
// narrow shapes. It returns nil if there is nothing to summarise.
func Summaries(cases []Case, rows []Row) []Row {
	var all, wide []float64
	for i, r := range rows {
		if r.Name != "gemm" || r.Fraction == 0 {
			continue
		}
		all = append(all, r.Fraction)
		if !cases[i].narrow {
			wide = append(wide, r.Fraction)
		}
	}
	if len(all) < 2 {
		return nil
	}
	mean := func(text string, x []float64) Row {
		r := rows[0]
		return Row{
			Name: "gemm", Shape: fmt.Sprintf("geometric mean of %d shapes%s", len(x), text), Backend: r.Backend, Device: r.Device,
			ISA: r.ISA, Threads: r.Threads, DType: r.DType, Fraction: shape.GeometricMean(x), FloorOf: r.PeakOf, Commit: r.Commit, Go: r.Go,
		}
	}
	return []Row{mean("", all), mean(" without the narrow ones", wide)}
}
