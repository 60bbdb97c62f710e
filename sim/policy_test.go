package sim

import "testing"

// TestPoliciesUseOnlyWhatAnIEDKnows scrambles everything that IED 0 of world 0
// cannot see: other IEDs' tasks, backlogs and gains, ESs that are not its
// candidates, the other world. Its action must stay the same.
func TestPoliciesUseOnlyWhatAnIEDKnows(t *testing.T) {
	s := paper(t, func(s *Scenario) { s.MaxCandidates = 2; s.Tasks.Probability = 1 })
	for _, name := range Policies() {
		w, _, actions := start(t, s, 2, 5)
		p := policy(t, name, s)
		for range 20 {
			play(t, w, p, actions, 1)
			state := marshal(t, w)
			p.Act(w, actions)
			want := actions[0]
			scramble(w)
			p.Act(w, actions)
			if actions[0] != want {
				t.Fatalf("%s: IED 0 chose %d, and %d after what it cannot see changed", name, want, actions[0])
			}
			restore(t, w, state)
		}
	}
}

// scramble changes what IED 0 of world 0 cannot know.
func scramble(w *Worlds) {
	for n := 1; n < w.W*w.A; n++ {
		w.data[n], w.cycles[n], w.deadline[n] = 1, 1, 1
		w.compute[n], w.radio[n], w.speed[n] = 9, 9, 1e6
		w.model[n] = (w.model[n] + 1) % 3
	}
	for l := w.p.C; l < len(w.now); l++ {
		w.now[l] *= 3
	}
	for es := range w.free {
		if !visible(w, es) {
			w.free[es], w.load[es] = w.free[es]+5, w.load[es]+7
			w.cache[es*w.p.G] = 2 - w.cache[es*w.p.G]
		}
	}
}

// visible reports whether an ES (index w M + m) is a candidate of IED 0 of world 0.
func visible(w *Worlds, es int) bool {
	for _, m := range w.cand[:w.p.C] {
		if int(m) == es {
			return true
		}
	}
	return false
}

// TestPoliciesDependOnTheirSeed: sampling policies differ between seeds. A second
// call for the same slot gives the same actions.
func TestPoliciesDependOnTheirSeed(t *testing.T) {
	s := paper(t, nil)
	for _, name := range []string{"random", "softmin", "switch-aware"} {
		w, _, a := start(t, s, 4, 5)
		b, c := make([]int32, len(a)), make([]int32, len(a))
		policy(t, name, s).Act(w, a)
		policy(t, name, s).Act(w, b)
		other, err := NewPolicy(name, s, 2)
		if err != nil {
			t.Fatal(err)
		}
		other.Act(w, c)
		different := 0
		for n := range a {
			if a[n] != b[n] {
				t.Fatalf("%s: two actions for one slot", name)
			}
			if a[n] != c[n] {
				different++
			}
		}
		if different == 0 {
			t.Errorf("%s does not depend on its seed", name)
		}
	}
}

// FuzzParse: no input makes Parse panic, and every accepted scenario is playable.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"", "ieds: 3", "hall: {server_positions_m: [[1]]}", "tasks: {models: []}", "ieds: &a 3\nservers: *a",
		"compute: {ied_gcycles_per_s: 4}", "tasks: null", "- 1", "time: {slots: 1e9}", "ieds: 3\n...\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Parse(text, "fuzz.yaml")
		if err != nil {
			return
		}
		if _, err := Parse(s.YAML(), "again.yaml"); err != nil {
			t.Fatalf("effective configuration is refused: %v", err)
		}
		if s.IEDs*s.Servers > 1<<16 {
			return
		}
		w, err := New(s, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Step(make([]int32, w.A)); err != nil {
			t.Fatal(err)
		}
	})
}
