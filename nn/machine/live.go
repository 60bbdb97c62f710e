package machine

import (
	"fmt"

	"github.com/gmel-go/gmel/kernels"
)

// dropDead removes ops whose results are not needed. An op is needed if it writes a persistent
// tensor, or a temporary that a needed op reads later.
func dropDead(code []*instr) []*instr {
	needed := map[*store]bool{}
	keep := make([]*instr, 0, len(code))
	for i := len(code) - 1; i >= 0; i-- {
		acc := code[i].accesses()
		live := false
		for _, a := range acc {
			live = live || a.write && (a.s.Persistent() || needed[a.s])
		}
		if !live {
			continue
		}
		for _, a := range acc {
			if a.read {
				needed[a.s] = true
			}
		}
		keep = append(keep, code[i])
	}
	for i, j := 0, len(keep)-1; i < j; i, j = i+1, j-1 {
		keep[i], keep[j] = keep[j], keep[i]
	}
	return keep
}

// lifetime holds a temporary, the first and the last op that accesses it, and its offset.
type lifetime struct {
	s           *store
	first, last int
	at          int64
	shares      *lifetime // the temporary whose memory this one reuses in place
}

// lifetimes lists the temporaries in the arena in the order of their first use. A temporary that a
// loop accesses is alive during the whole loop, because each iteration uses another part of it.
func lifetimes(code []*instr) ([]*lifetime, error) {
	l := living{by: map[*store]*lifetime{}}
	for i := 0; i < len(code); i++ {
		first, last := i, i
		if code[i].d.Op == kernels.OpLoop {
			last = i + int(code[i].d.Dim[kernels.LoopBody])
		}
		for ; i <= last; i++ {
			if err := l.touch(code[i], first, last, false); err != nil {
				return nil, fmt.Errorf("op %d: %w", i, err)
			}
		}
		i = last
	}
	inPlace(code, l.by)
	return l.list, nil
}

// localLifetimes lists the temporaries in the local memory of a loop.
func localLifetimes(body []*instr) ([]*lifetime, error) {
	l := living{by: map[*store]*lifetime{}}
	for i, in := range body {
		if err := l.touch(in, i, i, true); err != nil {
			return nil, fmt.Errorf("op %d of a loop: %w", i, err)
		}
	}
	inPlace(body, l.by)
	return l.list, nil
}

// living collects lifetimes.
type living struct {
	list []*lifetime
	by   map[*store]*lifetime
}

// touch records that an op between first and last uses its temporaries, in local memory or the arena.
func (l *living) touch(in *instr, first, last int, local bool) error {
	for _, a := range in.accesses() {
		if a.s.Persistent() || a.s.local != local {
			continue
		}
		t := l.by[a.s]
		if t == nil {
			if a.read {
				return fmt.Errorf("%s reads temporary %s before it is written", in.d.Op, a.s)
			}
			t = &lifetime{s: a.s, first: first}
			l.by[a.s] = t
			l.list = append(l.list, t)
		}
		t.last = last
	}
	return nil
}

// inPlace lets a temporary reuse the memory of an operand, if the op that computes it is the last
// use of the operand and may run in place.
func inPlace(code []*instr, by map[*store]*lifetime) {
	for i, in := range code {
		x, y, ok := in.mayOverwrite()
		if !ok {
			continue
		}
		from, to := by[x.s], by[y.s]
		if from != nil && to != nil && from != to && from.last == i && to.first == i {
			to.shares = from
		}
	}
}
