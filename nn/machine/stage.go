package machine

import "github.com/gmel-go/gmel/kernels"

// schedule assigns the ops of a Program to stages. Ops in an even stage work on the items of the
// batch and can share one loop. Odd stages hold the other ops. No op comes before an op on which it
// depends.
type schedule struct {
	*listing
	batch  int64 // items
	views  []kernels.Rows
	tiled  []bool // the op can be tiled: it has a rowView
	deps   [][]dependency
	stages []int
	least  []int // the earliest allowed stage
}

// dependency means that an op must come after op on. If loop is set, both can be in one loop, because
// every item depends only on the same item.
type dependency struct {
	on   int
	loop bool
}

func newSchedule(code []*instr, batch int64) *schedule {
	s := &schedule{listing: newListing(code), batch: batch, deps: make([][]dependency, len(code)), least: make([]int, len(code))}
	for i, in := range code {
		v, ok := rowsOf(in, batch)
		s.views, s.tiled = append(s.views, v), append(s.tiled, ok && s.itemsApart(i, &v))
	}
	s.depend()
	s.stages = s.earliest()
	s.gather()
	return s
}

// itemsApart reports whether no item of the op reads what another item of the op writes.
func (s *schedule) itemsApart(i int, v *kernels.Rows) bool {
	for _, a := range s.acc[i] {
		for _, b := range s.acc[i] {
			if a.arg < b.arg && a.overlaps(b) && (a.write || b.write) && !(s.sameItem(i, v, a) && s.sameItem(i, v, b) && v.Pitch[a.arg] == v.Pitch[b.arg]) {
				return false
			}
		}
		if a.write && a.arg != v.Sum && !s.sameItem(i, v, a) {
			return false
		}
	}
	return true
}

// sameItem reports whether each item n of the access stays inside the n-th part of the tensor.
func (s *schedule) sameItem(i int, v *kernels.Rows, a access) bool {
	d := v.Part(s.code[i].d, 1, s.batch)
	spec, _ := kernels.SpecOf(d.Op)
	return v.Pitch[a.arg] > 0 && a.from+spec.Args[a.arg].Len(&d) <= v.Pitch[a.arg]
}

// depend finds the dependencies: pairs of ops that access the same floats, where at least one writes.
func (s *schedule) depend() {
	for _, uses := range s.uses {
		for n, b := range uses {
			for _, a := range uses[:n] {
				if a.at < b.at && a.overlaps(b.access) && (a.write || b.write) {
					s.deps[b.at] = append(s.deps[b.at], dependency{a.at, s.canShareLoop(a, b)})
				}
			}
		}
	}
}

// canShareLoop reports whether b may follow a in one loop.
func (s *schedule) canShareLoop(a, b use) bool {
	if !s.tiled[a.at] || !s.tiled[b.at] {
		return false
	}
	va, vb := &s.views[a.at], &s.views[b.at]
	switch {
	case b.arg == vb.Sum: // added up after the loop, in the order of the ops
		return true
	case a.arg == va.Sum:
		return false
	}
	return va.Pitch[a.arg] == vb.Pitch[b.arg] && s.sameItem(a.at, va, a.access) && s.sameItem(b.at, vb, b.access)
}

// earliest returns the first stage of every op that its dependencies and least allow.
func (s *schedule) earliest() []int {
	stages := make([]int, len(s.code))
	for i := range s.code {
		stages[i] = s.least[i]
		if !s.tiled[i] {
			stages[i] = max(stages[i], 1)
		}
		for _, d := range s.deps[i] {
			stages[i] = max(stages[i], s.after(i, d, stages[d.on]))
		}
	}
	return stages
}

// after returns the first stage of op i if the op of dependency d runs in the given stage.
func (s *schedule) after(i int, d dependency, stage int) int {
	switch {
	case s.tiled[i] && s.tiled[d.on] && !d.loop:
		return stage + 2
	case s.tiled[i] != s.tiled[d.on]:
		return stage + 1
	}
	return stage
}

// gather moves ops to the stage of the ops that use their results, if that adds no stage. The forward
// pass of a network then joins the backward pass, although it could run earlier.
func (s *schedule) gather() {
	last := s.lastLoop(s.stages)
	users := make([][]dependency, len(s.code))
	for i, list := range s.deps {
		for _, d := range list {
			users[d.on] = append(users[d.on], dependency{i, d.loop})
		}
	}
	for i := len(s.code) - 1; i >= 0; i-- {
		to := s.nextUser(i, users[i])
		if to <= s.stages[i] {
			continue
		}
		s.least[i] = to
		if stages := s.earliest(); s.lastLoop(stages) <= last {
			s.stages = stages
		} else {
			s.least[i] = 0
		}
	}
}

// nextUser returns the first later stage in which an op uses the items of op i, or 0 if there is none.
func (s *schedule) nextUser(i int, users []dependency) int {
	to := 0
	for _, u := range users {
		at := s.stages[u.on]
		if u.loop && at > s.stages[i] && (to == 0 || at < to) {
			to = at
		}
	}
	return to
}

func (s *schedule) lastLoop(stages []int) int {
	last := 0
	for i, stage := range stages {
		if s.tiled[i] {
			last = max(last, stage)
		}
	}
	return last
}
