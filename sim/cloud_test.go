package sim

import "testing"

// TestCloudLatency: alone, with the capped rate both ways, T is the sum of its closed-form parts.
func TestCloudLatency(t *testing.T) {
	s := alone(t)
	s.Compute.Cloud = Cloud{GcyclesPerS: 50, BackhaulMbps: 100, DelayS: 0.03}
	w, _, _ := start(t, s, 1, 3)
	d, c := float64(w.data[0]), float64(w.cycles[0])
	if err := w.Step([]int32{int32(w.U - 1)}); err != nil {
		t.Fatal(err)
	}
	const rate = 7.4 * 20e6
	o := &w.Task
	result := float64(o.ResultBits[0])
	within(t, "upload", float64(o.Upload[0]), d/rate+d/100e6+0.03, 1e-5)
	within(t, "compute", float64(o.Compute[0]), c/50e9, 1e-5)
	within(t, "download", float64(o.Download[0]), result/rate+result/100e6+0.03, 1e-5)
	within(t, "T", float64(o.Latency[0]), (d+result)*(1/rate+1/100e6)+0.06+c/50e9, 1e-5)
	if !o.Completed[0] || int(o.Server[0]) != s.Servers || w.free[0] != 0 {
		t.Errorf("completed %v, server %d, ES backlog %v", o.Completed[0], o.Server[0], w.free[0])
	}
}

// alone is one IED beside one ES, with a task in every slot and the capped rate both ways.
func alone(t testing.TB) *Scenario {
	return paper(t, func(s *Scenario) {
		s.IEDs, s.Servers, s.Tasks.Probability = 1, 1, 1
		s.Hall.WidthM, s.Hall.DepthM, s.Hall.Clutter = 1, 1, "LOS"
		s.Compute.ServerGcyclesPerS = []float64{20}
	})
}

// TestEnergyWeight: the reward loses w_e times kappa f^2 C for a local task, and for an
// offloaded one w_e (P D/r + P_gpu (X + C/F)), X = 0 or the load time.
func TestEnergyWeight(t *testing.T) {
	const weight, rate = 0.002, 7.4 * 20e6
	s := alone(t)
	s.Reward.EnergyWeightPerJ = weight
	s.Compute.IEDGcyclesPerS = Range{5, 5}
	w, _, _ := start(t, s, 1, 4)
	for slot := range 40 {
		d, c, action := float64(w.data[0]), float64(w.cycles[0]), int32(slot%2)
		if err := w.Step([]int32{action}); err != nil {
			t.Fatal(err)
		}
		o := &w.Task
		if !o.Completed[0] {
			continue
		}
		joules := 1e-27 * 5e9 * 5e9 * c
		if action == 1 {
			joules = 0.01*d/rate + 300*(float64(o.Switch[0])+c/20e9)
		}
		within(t, "energy", float64(o.Energy[0]), joules, 1e-3*joules)
		within(t, "reward", float64(w.Reward[0]), -float64(o.Latency[0]/o.Deadline[0])-weight*joules, 1e-4)
	}
}
