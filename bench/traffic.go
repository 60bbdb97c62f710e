package bench

import (
	"cmp"
	"slices"

	"github.com/gmel-go/gmel/kernels"
)

// stretch is [from, to) of the arena.
type stretch struct{ from, to int64 }

// traffic is the least memory traffic of one run of p in bytes, for any fusion: every float below
// resident that it reads, and every one that it writes, counts once. Of a table only the rows that
// are gathered count.
func traffic(p *kernels.Program, resident int64) int64 {
	var read, written []stretch
	rows := int64(0)
	for i := range p.Descs {
		d := &p.Descs[i]
		spec, _ := kernels.SpecOf(d.Op)
		for a, arg := range spec.Args {
			if d.Arg[a] == kernels.Absent || d.Arg[a] >= resident {
				continue
			}
			if d.Op == kernels.OpGatherRows && a == 0 {
				rows += d.Dim[0] * d.Dim[1]
				continue
			}
			for _, s := range stretches(p, i, a, arg.Len(d)) {
				if arg.Mode != kernels.Out {
					read = append(read, s)
				}
				if arg.Mode != kernels.In {
					written = append(written, s)
				}
			}
		}
	}
	return 4 * (rows + union(read) + union(written))
}

// stretches returns the ranges of argument a of op i in all iterations.
func stretches(p *kernels.Program, i, a int, n int64) (list []stretch) {
	for _, at := range p.Places(i, a) {
		list = append(list, stretch{at, at + n})
	}
	return list
}

// union is the number of floats in the union of the stretches.
func union(list []stretch) (n int64) {
	slices.SortFunc(list, func(a, b stretch) int { return cmp.Compare(a.from, b.from) })
	end := int64(-1)
	for _, s := range list {
		n += max(0, s.to-max(s.from, end))
		end = max(end, s.to)
	}
	return n
}
