package dataset

import (
	"fmt"
	"math"
	"strings"

	"github.com/gmel-go/gmel/sim"
)

// Defaults of edgecloudsim.
const (
	ecsUnitM      = 100.0 // of x_pos and y_pos; EdgeCloudSim names no unit
	ecsSlots      = 100
	ecsPlaces     = 1000 // rows of ieds.csv
	ecsSpread     = 0.5  // task lengths and sizes: the mean, plus and minus this share
	ecsDeadline   = 4    // times the mean length of a task on a virtual machine of the edge
	ecsPowerDBm   = 20.0
	ecsCarrierGHz = 5.0
	instructions  = 1e-3 // Gcycles of a million instructions, one per cycle
	kilobyteMbit  = 8e-3
)

// edgeCloudSim reads the configuration of a scenario of EdgeCloudSim: C. Sonmez, A. Ozgovde, C. Ersoy,
// "EdgeCloudSim: an environment for performance evaluation of edge computing systems", Trans. Emerg.
// Telecommun. Technol. 29(11), 2018. Units there: task_length in millions of instructions (MI), mips in MI per second,
// data_upload and data_download in KB, bandwidths in Mbit/s, times in s. What it draws from exponential
// distributions has a uniform one here, since a scenario has ranges.
func (im *importer) edgeCloudSim(files []string) error {
	c, err := readECS(files)
	if err != nil {
		return err
	}
	im.r.read(c.edgeFile, "datacenter", len(c.edge))
	im.r.read(c.appFile, "application", len(c.apps))
	unit := or(im.o.UnitM, ecsUnitM)
	sites := c.sites()
	if err := im.keepNearest(sites, c.distances()); err != nil {
		return err
	}
	kept := make([]*ecsEdge, len(sites.all))
	for i, p := range sites.all {
		kept[i] = &c.edge[p.line-1]
	}
	g := boxed(sites.all, func(p place) (x, y float64) { return p.lon * unit, p.lat * unit })
	if err := g.check(); err != nil {
		return err
	}
	im.writeECSPlaces(c, kept, sites, g)
	im.writeECSTasks(c, meanSpeed(kept))
	im.writeECSComputers(c, kept)
	return nil
}

// writeECSPlaces writes the servers and the places of the IEDs.
func (im *importer) writeECSPlaces(c *ecs, edge []*ecsEdge, sites *places, g *ground) {
	d := im.d
	if n, why := c.devices(); im.o.IEDs > 0 || n == 0 {
		d.choose("ieds", im.o.IEDs, townIEDs, why, "ieds")
	} else {
		d.data("ieds", n, why)
	}
	d.data("servers", len(edge), "one for each datacenter")
	im.writeClock(1, ecsSlots)
	im.writeHall(g, sites)
	d.assume("hall.clutter", "LOS", "a wireless LAN of EdgeCloudSim does not depend on the distance", "")
	points, weights := make([]sim.Point, len(edge)), make([]float64, len(edge))
	for i := range edge {
		points[i], weights[i] = g.point(sites.all[i]), c.stay(edge[i])
	}
	radius := max(spacing(points)/2, 1)
	im.positions = g.scatter(points, weights, radius, ecsPlaces)
	d.data("hall.ied_positions_file", IEDsFile, fmt.Sprintf("%d places, of which each IED draws one in each episode", ecsPlaces))
	im.r.Assumed = append(im.r.Assumed, Fact{"hall.server_positions_m", number(or(im.o.UnitM, ecsUnitM)) + " m a unit", "EdgeCloudSim names no unit of x_pos and y_pos", "unit"})
	im.r.note("IEDs are within %.0f m of a datacenter, at each as often as a nomadic device of EdgeCloudSim: in proportion to the mean waiting time of its attractiveness", radius)
	d.assume("radio.carrier_ghz", ecsCarrierGHz, "a wireless LAN", "")
	if c.wlanMbps > 0 {
		d.data("radio.bandwidth_mhz", c.wlanMbps/mustPreset().Radio.MaxSpectralEfficiency, fmt.Sprintf("gives wlan_bandwidth, %g Mbit/s, at the highest spectral efficiency", c.wlanMbps))
	}
	d.assume("radio.ied_power_dbm", ecsPowerDBm, "a wireless LAN", "")
	d.assume("radio.server_power_dbm", ecsPowerDBm, "a wireless LAN", "")
}

// writeECSTasks writes the applications as models, and their idle and active periods as a Markov chain.
func (im *importer) writeECSTasks(c *ecs, speed float64) {
	d, slotS := im.d, or(im.o.SlotS, 1)
	law := c.law()
	d.data("tasks.arrivals.process", sim.ArrivalsMarkov, "active and idle periods; EdgeCloudSim gives each device one application, here each task draws its own")
	d.data("tasks.arrivals.rate_per_slot", min(law.rate*slotS, mostArrivalRate), "tasks of an active device, the mean of the applications")
	d.data("tasks.arrivals.switch_on", chance(slotS, law.idle), fmt.Sprintf("idle for %.3g s, the mean of the applications", law.idle))
	d.data("tasks.arrivals.switch_off", chance(slotS, law.active), fmt.Sprintf("active for %.3g s, the mean of the applications", law.active))
	d.assume("tasks.arrivals.queue", 8, "tasks that wait at a device", "")
	models := make([]sim.Model, len(c.apps))
	for k := range c.apps {
		models[k] = c.apps[k].model(law.shares[k], im.o.DeadlineS, speed)
	}
	im.r.Known = append(im.r.Known, Fact{Key: "tasks.models", Value: fmt.Sprintf("%d applications", len(models)), Why: "usage_percentage, weighted with the tasks that each makes"})
	deadline := Fact{"tasks.models[].deadline_s", fmt.Sprintf("%d mean lengths", ecsDeadline), "on a machine of the edge, where there is no max_delay_requirement", "deadline"}
	if im.o.DeadlineS > 0 {
		deadline.Value, deadline.Why = number(im.o.DeadlineS), "chosen"
	}
	im.r.Assumed = append(im.r.Assumed, deadline,
		Fact{"tasks.models[].gcycles", "1 cycle", "per instruction; lengths and sizes are uniform within 50 % of the mean, not exponential", ""})
	d.items("tasks.models", "the applications: share of the tasks, data_upload, task_length, data_download; deadline_s: max_delay_requirement, or assumed", modelItems(models))
}

// chance is the probability per slot of leaving a state that lasts so long on average.
func chance(slotS, meanS float64) float64 { return min(max(slotS/math.Max(meanS, slotS), 1e-6), 1) }

// writeECSComputers writes the speeds of the edge, the devices and the cloud.
func (im *importer) writeECSComputers(c *ecs, edge []*ecsEdge) {
	d := im.d
	speeds, gpus := make([]float64, len(edge)), make([]string, len(edge))
	for i, e := range edge {
		speeds[i], gpus[i] = e.mips*instructions, fmt.Sprint(min(e.cores, mostProcessors))
	}
	if im.o.Speed > 0 {
		d.assume("compute.server_gcycles_per_s", []float64{im.o.Speed}, "chosen", "speed")
	} else {
		d.data("compute.server_gcycles_per_s", once(speeds), "mips of a virtual machine, one cycle per instruction")
	}
	d.data("compute.server_gpus", "["+strings.Join(once(gpus), ", ")+"]", "cores of all virtual machines; each runs a task")
	f := max(c.mobileMIPS*instructions, leastGcyclesPerS)
	why := "mips_for_mobile_vm"
	if c.mobileMIPS == 0 {
		why = "the devices have no processor: the least speed that a scenario allows"
	}
	d.data("compute.ied_gcycles_per_s", []float64{f, f}, why)
	d.data("compute.cache_models", len(c.apps), "EdgeCloudSim loads no models")
	if c.cloudMIPS > 0 && c.wanMbps > 0 {
		d.data("compute.cloud", fmt.Sprintf("{gcycles_per_s: %s, backhaul_mbps: %s, delay_s: %s}", number(c.cloudMIPS*instructions), number(c.wanMbps), number(c.wanDelayS)),
			"mips_for_cloud_vm, wan_bandwidth, wan_propagation_delay")
	} else {
		im.r.note("there is no cloud, because the configuration has no wan_bandwidth")
	}
}

// meanSpeed is that of the machines of the edge, in MI/s.
func meanSpeed(edge []*ecsEdge) float64 {
	total := 0.0
	for _, e := range edge {
		total += e.mips
	}
	return total / float64(len(edge))
}
