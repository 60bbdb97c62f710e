package dataset

import (
	"math"

	"github.com/gmel-go/gmel/sim"
)

// ecs is a configuration of EdgeCloudSim.
type ecs struct {
	edgeFile, appFile string
	edge              []ecsEdge
	apps              []ecsApp

	// Of the properties; 0 where the file has none.
	minDevices                                          float64
	wlanMbps, wanMbps, wanDelayS, cloudMIPS, mobileMIPS float64
	waitS                                               [3]float64 // mean waiting time at a place of attractiveness 0, 1 and 2
}

// ecsEdge is a datacenter at the edge.
type ecsEdge struct {
	x, y           float64 // units of EdgeCloudSim
	attractiveness int
	cores          int     // of all virtual machines
	mips           float64 // of a core, the mean of all
}

// ecsApp is an application.
type ecsApp struct {
	name             string
	usage            float64 // share of the devices
	interarrival     float64 // mean time between tasks of an active device, s
	active, idle     float64 // mean periods, s
	upload, download float64 // means, KB
	length           float64 // mean, MI
	maxDelay         float64 // s; 0: none
}

// sites returns the datacenters as places; the mark is the number of the datacenter, from 1.
func (c *ecs) sites() *places {
	s := &places{file: c.edgeFile, what: "datacenter", mark: "datacenter"}
	for i, e := range c.edge {
		s.all = append(s.all, place{line: i + 1, lat: e.y, lon: e.x})
	}
	return s
}

// distances returns how far each datacenter is from the median x and y.
func (c *ecs) distances() []float64 {
	x, y, d := make([]float64, len(c.edge)), make([]float64, len(c.edge)), make([]float64, len(c.edge))
	for i, e := range c.edge {
		x[i], y[i] = e.x, e.y
	}
	x0, y0 := median(x), median(y)
	for i := range d {
		d[i] = math.Hypot(x[i]-x0, y[i]-y0)
	}
	return d
}

// devices returns the number of devices, 0 without one, and where it is from.
func (c *ecs) devices() (int, string) {
	if c.minDevices < 1 {
		return 0, "the properties have no min_number_of_mobile_devices"
	}
	return int(c.minDevices), "min_number_of_mobile_devices"
}

// stay is how long a nomadic device waits at a datacenter on average; it goes from any to any other.
func (c *ecs) stay(e *ecsEdge) float64 {
	if w := c.waitS[e.attractiveness]; w > 0 {
		return w
	}
	return 1
}

// ecsLaw is the law of arrivals of a device that draws an application for every task.
type ecsLaw struct {
	rate         float64   // tasks per second while active
	active, idle float64   // mean periods, s
	shares       []float64 // of the tasks
}

// law averages over the applications so that the number of tasks per device and second is kept: with the shares u
// of the devices,
//
//	active = sum u active_a,  idle = sum u idle_a
//	tasks/s of application a = u_a active_a / (active_a + idle_a) / interarrival_a
//	rate = sum of these (active + idle) / active
func (c *ecs) law() ecsLaw {
	l := ecsLaw{shares: make([]float64, len(c.apps))}
	usage, tasks := 0.0, 0.0
	for _, a := range c.apps {
		usage += a.usage
	}
	for k, a := range c.apps {
		u := a.usage / usage
		l.active += u * a.active
		l.idle += u * a.idle
		l.shares[k] = u * a.active / (a.active + a.idle) / a.interarrival
		tasks += l.shares[k]
	}
	l.rate = tasks * (l.active + l.idle) / l.active
	for k := range l.shares {
		l.shares[k] /= tasks
	}
	return l
}

// model returns the application as a model; speed is that of the edge in MI/s.
func (a *ecsApp) model(share, deadlineS, speed float64) sim.Model {
	around := func(mean, least float64) sim.Range {
		return sim.Range{rounded(max(mean*(1-ecsSpread), least)), rounded(max(mean*(1+ecsSpread), least))}
	}
	m := sim.Model{
		Name: a.name, Share: share, DataMbit: around(a.upload*kilobyteMbit, leastMbit),
		Gcycles: around(a.length*instructions, leastGcycles), ResultMbit: a.download * kilobyteMbit,
	}
	m.GcyclesPerStep = stepOf(m.Gcycles)
	due := or(deadlineS, or(a.maxDelay, rounded(ecsDeadline*a.length/speed)))
	m.DeadlineS = sim.Range{due, due}
	return m
}
