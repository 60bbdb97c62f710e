package machine

import (
	"testing"

	"pgregory.net/rapid"
)

// For random lifetimes, no two temporaries that are alive at the same time overlap, unless one
// reuses the other's memory in place. The plan is never larger than one without sharing.
func TestPlanKeepsLiveTensorsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var temps []*lifetime
		for i := range rapid.IntRange(0, 30).Draw(t, "temps") {
			first := rapid.IntRange(0, 40).Draw(t, "first")
			l := &lifetime{first: first, last: first + rapid.IntRange(0, 15).Draw(t, "length")}
			l.s = newStore(nil, "t", []int{rapid.IntRange(0, 1000).Draw(t, "size")})
			if i > 0 {
				// A result reuses an operand's memory only if both have one size and the operand is last used there.
				for _, o := range temps {
					if o.first < o.last && o.last == l.first && o.s.Len() == l.s.Len() && !taken(temps, o) {
						l.shares = o
						break
					}
				}
			}
			temps = append(temps, l)
		}
		used, total := place(temps, true)
		if used > total {
			t.Fatalf("plan of %d floats for %d", used, total)
		}
		for i, a := range temps {
			if a.at%Align != 0 || a.at+align(a.s.Len()) > used {
				t.Fatalf("temporary %d at %d, plan ends at %d", i, a.at, used)
			}
			for _, b := range temps[:i] {
				alive := a.first <= b.last && b.first <= a.last
				overlap := a.at < b.at+b.s.Len() && b.at < a.at+a.s.Len()
				if alive && overlap && a.shares != b {
					t.Fatalf("%+v and %+v overlap", a, b)
				}
			}
		}
	})
}

func taken(temps []*lifetime, o *lifetime) bool {
	for _, t := range temps {
		if t.shares == o {
			return true
		}
	}
	return false
}
