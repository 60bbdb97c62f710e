package machine

import "fmt"

// dropDead removes the ops whose results nobody needs: those that write neither a
// persistent tensor nor a temporary that a needed op reads later.
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

// lifetime is a temporary with the first and the last op that touches it, and its place.
type lifetime struct {
	s           *store
	first, last int
	at          int64
	shares      *lifetime // the temporary whose memory it takes over in place
}

// lifetimes lists the temporaries in the order of their first use.
func lifetimes(code []*instr) ([]*lifetime, error) {
	var list []*lifetime
	by := map[*store]*lifetime{}
	for i, in := range code {
		acc := in.accesses()
		for _, a := range acc {
			if a.s.Persistent() {
				continue
			}
			t := by[a.s]
			if t == nil {
				if a.read {
					return nil, fmt.Errorf("op %d, %s, reads temporary %s before it is written", i, in.d.Op, a.s)
				}
				t = &lifetime{s: a.s, first: i}
				by[a.s] = t
				list = append(list, t)
			}
			t.last = i
		}
	}
	inPlace(code, by)
	return list, nil
}

// inPlace lets a temporary take over the memory of an operand that dies in the op that
// makes it, where the op allows that.
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
