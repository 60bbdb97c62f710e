package sim

import "github.com/gmel-go/gmel/internal/setting"

// Cloud is an option: a tier behind the ESs, one more action, C + 1. The task goes over the
// radio to the IED's candidate 1 (so it takes a share of that ES's band), from there over a
// backhaul to a data centre that has a GPU free for everybody and holds every model:
//
//	T = A + (D + O)/R + 2 d + C/F_cloud + O/r_dn
//
// The backhaul is not shared: it is a wired network that is wide beside the radio. The trip to
// the cloud belongs to the part Upload, the trip back to Download. The deadline rule is that of
// the ESs, as is the power of the GPU. Two-tier offloading in this form: Ren et al.,
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

// candidateOf returns the index of the candidate over whose radio an action sends.
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
	t.Compute[agent] = w.cycles[agent] / p.cloudSpeed
	end := start + t.Compute[agent]
	t.Energy[agent] += float32(p.gpuW * (min(end, due) - start))
	result := t.ResultBits[agent]
	back := float32(result/p.backhaul) + p.delay
	t.Download[agent] = back + result/p.downlink(w.now[agent*p.C], float32(w.load[es]))
	w.finish(agent, end+t.Download[agent])
}

// cloudTime returns what the cloud adds to the radio for the agent's task, s.
func (w *Worlds) cloudTime(agent int) float32 {
	p := w.p
	wire := float32((w.data[agent] + p.models[w.model[agent]].result) / p.backhaul)
	return wire + float32(2*p.delay) + w.cycles[agent]/p.cloudSpeed
}

// predictCloud is predict for the cloud.
func (w *Worlds) predictCloud(agent int) float32 {
	p, link := w.p, agent*w.p.C
	es := agent/p.A*p.M + int(w.cand[link])
	n := float32(max(w.load[es], 1))
	t := w.radio[agent] + w.data[agent]/w.uplink(es, w.now[link], n)
	return t + w.cloudTime(agent) + p.models[w.model[agent]].result/p.downlink(w.now[link], n)
}
