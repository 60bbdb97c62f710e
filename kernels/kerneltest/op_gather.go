package kerneltest

import (
	"github.com/gmel-go/gmel/kernels"
)

var gatherOps = family{
	kernels.OpGatherRows: {gatherTrials, randomGather, mistakes{
		"an index out of range is the nearest one": {after: clamped("idx", 2)},
	}},
	kernels.OpScatterRows: {gatherTrials, randomGather, mistakes{
		"an index out of range is the nearest one": {after: clamped("idx", 2)},
	}},
}

func gatherTrials(op kernels.Op) []*trial {
	var all []*trial
	for i, m := range append(small, 1100) {
		for _, n := range append(small, 36, 36) {
			t := newTrial(op, m, n, 20).with("idx", indices(20)).discrete()
			if op == kernels.OpScatterRows {
				t.flags(kernels.Flags(i%2) * acc)
			}
			all = append(all, t)
		}
	}
	if op == kernels.OpScatterRows { // so few rows that tasks split columns
		all = append(all, newTrial(op, 900, 37, 2).with("idx", indices(2)).flags(acc).discrete(), newTrial(op, 300, 130, 3).with("idx", indices(3)).discrete())
	}
	return all
}

func randomGather(r dice, op kernels.Op) *trial {
	m, rows := r.size(1000), 1+r.size(65)
	n := r.size(share(work, max(m, rows)))
	t := newTrial(op, m, n, rows).with("idx", indices(rows)).discrete()
	if op == kernels.OpScatterRows {
		t.flags(r.flag())
	}
	return t
}
