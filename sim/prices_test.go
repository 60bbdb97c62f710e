package sim

import "testing"

// TestPricesInRewards computes what a slot of paper leaves by hand: 30 IEDs with 0.4 tasks a slot are 3 tasks per ES; their mean
// deadline is .5 1.5 + .3 2.25 + .2 3 s.
func TestPricesInRewards(t *testing.T) {
	s := paper(t, nil)
	w, _, _ := start(t, s, 1, 1)
	const deadline = 0.5*1.5 + 0.3*2.25 + 0.2*3
	c := Prices{Queue: 2, Load: 3, Own: 5}.of(w.p)
	within(t, "price of an ES's second", c.queue, 2*3/deadline, 1e-5)
	within(t, "price of an IED's second", c.own, 5*0.4/deadline, 1e-5)
	within(t, "own backlog from 0.5 to 1.75 s", c.ofOwn(0.5, 1.75, 1), 0.75*c.own, 1e-6)
	within(t, "own backlog from 1.5 to 1.75 s", c.ofOwn(1.5, 1.75, 1), 0.25*c.own, 1e-6)

	w.free[2] = 1.5
	copy(w.cache[2*w.p.G:], []int32{2, 0})
	missing := 0.3 * s.Tasks.Models[1].LoadS
	within(t, "ES with half a second of backlog and without model 1", c.ofES(w, 2), 3/deadline*(2*0.5+3*missing), 1e-5)
}

// With several GPUs the cost of an ES is the mean over them.
func TestPricesOfSeveralGPUs(t *testing.T) {
	s := paper(t, func(s *Scenario) { s.Compute.ServerGPUs = []int{2, 1} })
	w, _, _ := start(t, s, 1, 1)
	c := costs{queue: 1}
	w.free[0], w.free[1] = 3, 1.5
	within(t, "mean backlog", c.ofES(w, 0), (2+0.5)/2, 1e-6)
}
