package machine

import "github.com/gmel-go/gmel/kernels"

// unread lists the successor states of steps that are temporaries and that no op reads.
func unread(code []*instr) (list []kernels.Unread) {
	read := map[*store]bool{}
	for _, in := range code {
		for _, a := range in.accesses() {
			read[a.s] = read[a.s] || a.read
		}
	}
	for i, in := range code {
		if in.d.Op != kernels.OpStep {
			continue
		}
		for _, arg := range []int{kernels.StepNextObs, kernels.StepNextMask} {
			if s := in.args[arg].s; !s.Persistent() && !read[s] {
				list = append(list, kernels.Unread{Op: i, Arg: arg})
			}
		}
	}
	return list
}
