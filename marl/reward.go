package marl

// mixRewards writes the training reward of every agent,
//
//	out_i = (1 - omega) r_i + omega mean_j r_j,
//
// the mean over the active agents of the same world (0 if there are none). An agent
// without a task has r_i = 0 and still gets the mean: its slot, too, is worth what the
// crowd makes of it. r, active and out are [W, A]; sums run in float64 in agent order.
func mixRewards(out, r []float32, active []bool, agents int, omega float64) {
	for lo := 0; lo < len(r); lo += agents {
		hi := lo + agents
		mean := activeMean(r[lo:hi], active[lo:hi])
		for i := lo; i < hi; i++ {
			out[i] = float32(float64((1-omega)*float64(r[i])) + float64(omega*mean)) // no fused multiply-add: the same bits everywhere
		}
	}
}

func activeMean(r []float32, active []bool) float64 {
	sum, n := 0.0, 0
	for i, a := range active {
		if a {
			sum += float64(r[i])
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}
