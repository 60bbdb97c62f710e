package sim

import "github.com/gmel-go/gmel/internal/setting"

// Cloud is an option: a tier above the ESs, with one more action, C + 1. The task goes over the radio
// to the IED's candidate 1, where it takes a share of the ES's band, and then over a backhaul to a
// data centre. There every task finds a free GPU that holds its model:
//
//	T = A + (D + O)/R + 2 d + C/F_cloud + O/r_dn
//
// An IED that no ES covers sends through the strongest ES that it measures (coverage.go).
// Tasks do not share the backhaul, because a wired network is fast compared with the radio. The way
// to the cloud counts as Upload, the way back as Download. The deadline rule and the power of the
// GPU are those of the ESs. Two-tier offloading in this form: Ren et al.,
// "Collaborative cloud and edge computing for latency minimization", IEEE Trans. Veh.
// Technol. 68(5), 2019.
type Cloud struct {
	GcyclesPerS  float64 `yaml:"gcycles_per_s,omitempty"` // F_cloud of one task; 0: no cloud
	BackhaulMbps float64 `yaml:"backhaul_mbps,omitempty"` // R
	DelayS       float64 `yaml:"delay_s,omitempty"`       // d, one way
}

func (s *Scenario) validateCloud(c *setting.Checker) {
	o := &s.Compute.Cloud
	if *o == (Cloud{}) {
		return
	}
	c.Between("compute.cloud.gcycles_per_s", o.GcyclesPerS, 1e-3, 1e5)
	c.Between("compute.cloud.backhaul_mbps", o.BackhaulMbps, 1e-3, 1e7)
	c.Between("compute.cloud.delay_s", o.DelayS, 0, 100)
}

func (p *params) setCloud(s *Scenario) {
	o := &s.Compute.Cloud
	p.cloudSpeed, p.backhaul, p.delay = float32(o.GcyclesPerS*1e9), float32(o.BackhaulMbps*1e6), float32(o.DelayS)
}

// candidateOf returns the index of the candidate whose radio link an action uses.
func (p *params) candidateOf(action int) int {
	if action == p.C+1 {
		return 0
	}
	return action - 1
}

// runCloud runs a task that has been sent to the ES of candidate 1.
func (w *Worlds) runCloud(world, agent int) {
	p, t := w.p, &w.Task
	es := world*p.M + int(t.Server[agent])
	t.Server[agent] = int32(p.M)
	trip := float32(w.data[agent]/p.backhaul) + p.delay
	t.Upload[agent] += trip
	start, due := w.radio[agent]+trip, w.due(agent)
	if start >= due {
		w.fail(agent)
		return
	}
	t.Compute[agent] = w.work(agent) / p.cloudSpeed
	end := start + t.Compute[agent]
	t.Energy[agent] += float32(p.gpuW * (min(end, due) - start))
	result := t.ResultBits[agent]
	back := float32(result/p.backhaul) + p.delay
	t.Download[agent] = back + result/p.downlink(w.now[agent*p.C], float32(w.load[es]))
	w.finish(agent, end+t.Download[agent])
}

// cloudTime returns the time in s that the cloud adds to the radio time of the agent's task, with that work.
func (w *Worlds) cloudTime(agent int, work float32) float32 {
	p := w.p
	wire := float32((w.data[agent] + p.models[w.model[agent]].result) / p.backhaul)
	return wire + float32(2*p.delay) + work/p.cloudSpeed
}

// predictCloud is the predicted latency of the cloud action; see predict.
func (w *Worlds) predictCloud(agent int, work float32) float32 {
	p, link := w.p, agent*w.p.C
	es := agent/p.A*p.M + int(w.cand[link])
	n := float32(max(w.load[es], 1))
	t := w.radio[agent] + w.data[agent]/w.uplink(es, w.now[link], n)
	return t + w.cloudTime(agent, work) + p.models[w.model[agent]].result/p.downlink(w.now[link], n)
}
