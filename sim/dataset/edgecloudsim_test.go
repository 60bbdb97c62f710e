package dataset

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/sim"
	"github.com/gmel-go/gmel/sim/dataset/sample"
)

// TestEdgeCloudSim: numbers of the sample that can be computed by hand.
func TestEdgeCloudSim(t *testing.T) {
	im := imported(t, "edgecloudsim", Options{}, samples(sample.Applications, sample.EdgeProperties, sample.EdgeDevices)...)
	s := scenario(t, im)
	if s.IEDs != 20 || s.Servers != 6 || s.Compute.CacheModels != 2 || s.Radio.BandwidthMHz != 27.027 {
		t.Errorf("%d IEDs, %d servers, %d models in a cache, %g MHz; want 20, 6, 2, 200 Mbit/s over 7.4", s.IEDs, s.Servers, s.Compute.CacheModels, s.Radio.BandwidthMHz)
	}
	if c := s.Compute; c.ServerGcyclesPerS[0] != 1 || c.ServerGPUs[0] != 4 || c.Cloud != (sim.Cloud{GcyclesPerS: 10, BackhaulMbps: 15, DelayS: 0.1}) || c.IEDGcyclesPerS[1] != 1e-3 {
		t.Errorf("%+v", c)
	}
	if p := s.Hall.ServerPositions; math.Abs(p[1][0]-p[0][0]-100) > 0.11 || math.Abs(p[1][1]-p[0][1]-100) > 0.11 {
		t.Errorf("%v: the datacenters are not 100 m apart", p)
	}
	// Devices make 0.6 * 45/60 / 5 and 0.4 * 10/30 / 10 tasks a second: 0.09 and 0.0133.
	vision, alarm := s.Tasks.Models[0], s.Tasks.Models[1]
	if math.Abs(vision.Share-0.09/(0.09+0.4/30)) > 1e-9 || math.Abs(vision.Share+alarm.Share-1) > 1e-9 {
		t.Errorf("shares %g and %g", vision.Share, alarm.Share)
	}
	if vision.DataMbit != [2]float64{6, 18} || vision.Gcycles != [2]float64{1, 3} || vision.ResultMbit != 0.2 || vision.DeadlineS[0] != 8 {
		t.Errorf("%+v", vision) // 1500 KB, 2000 MI, 25 KB, four times 2 s
	}
	if alarm.DataMbit[0] != 0.08 || alarm.DeadlineS != [2]float64{1.5, 1.5} {
		t.Errorf("%+v", alarm) // 20 KB; max_delay_requirement
	}
	// The mean number of tasks per device and second is that of the applications.
	a := s.Tasks.Arrivals
	if mean := a.RatePerSlot * a.SwitchOn / (a.SwitchOn + a.SwitchOff); math.Abs(mean-(0.09+0.4/30)) > 1e-5 {
		t.Errorf("%g tasks per device and second, want %g", mean, 0.09+0.4/30)
	}
	if math.Abs(1/a.SwitchOff-(0.6*45+0.4*10)) > 1e-3 || math.Abs(1/a.SwitchOn-(0.6*15+0.4*20)) > 1e-3 {
		t.Errorf("periods of %g and %g s", 1/a.SwitchOff, 1/a.SwitchOn)
	}
}

// TestEdgeCloudSimPlaces: devices are at a datacenter as often as a nomadic device that stays there in proportion to the
// waiting time of its attractiveness, 480, 240 and 120 s in turns.
func TestEdgeCloudSimPlaces(t *testing.T) {
	im := imported(t, "edgecloudsim", Options{UnitM: 1000, IEDs: 3}, samples(sample.Applications, sample.EdgeProperties, sample.EdgeDevices)...)
	p := scenario(t, im).Hall.ServerPositions
	count := make([]int, len(p))
	for _, q := range points(t, im) {
		for m := range p {
			if math.Hypot(q[0]-p[m][0], q[1]-p[m][1]) <= 708 {
				count[m]++
			}
		}
	}
	for m, n := range count {
		share := []float64{480, 240, 120}[m%3] / (2 * 840)
		if mean := share * ecsPlaces; math.Abs(float64(n)-mean) > 5*math.Sqrt(mean*(1-share)) {
			t.Errorf("%d of %d places at datacenter %d, want about %.0f", n, ecsPlaces, m+1, mean)
		}
	}
}

// TestEdgeCloudSimWithout: what the properties lack is an assumption, or said to be missing.
func TestEdgeCloudSimWithout(t *testing.T) {
	im := imported(t, "edgecloudsim", Options{DeadlineS: 3, Speed: 5}, samples(sample.Applications, sample.EdgeDevices)...)
	s := scenario(t, im)
	if s.IEDs != townIEDs || s.Compute.Cloud != (sim.Cloud{}) || s.Compute.ServerGcyclesPerS[0] != 5 {
		t.Errorf("%d IEDs, %+v", s.IEDs, s.Compute)
	}
	for _, m := range s.Tasks.Models {
		if m.DeadlineS != [2]float64{3, 3} {
			t.Errorf("%+v", m)
		}
	}
	said(t, &im.Report, "there is no cloud")
	im = imported(t, "edgecloudsim", Options{Servers: 3, UnitM: 250}, samples(sample.Applications, sample.EdgeDevices)...)
	for n := range 6 { // the middle is at 3.5; of two equally far, the earlier is kept
		if kept := strings.Contains(string(im.Scenario), fmt.Sprintf("# datacenter %d\n", n+1)); kept != (n >= 1 && n <= 3) {
			t.Errorf("datacenter %d: kept %t", n+1, kept)
		}
	}
	said(t, &im.Report, "ieds", "no min_number_of_mobile_devices", "--ieds")
}

// TestEdgeCloudSimFaults: what is wrong is named with its file and place.
func TestEdgeCloudSimFaults(t *testing.T) {
	edge, apps, properties := string(sample.EdgeXML(2)), string(sample.ApplicationsXML()), string(sample.Properties())
	for _, c := range []struct {
		edge, apps, properties string
		want                   []string
	}{
		{strings.Replace(edge, "<x_pos>2", "<x_pos>two", 1), apps, properties, []string{"e.xml", "datacenter 2: x_pos: \"two\"", "a number from 0"}},
		{strings.Replace(edge, "</edge_devices>", "", 1), apps, properties, []string{"e.xml", "not XML"}},
		{edge, strings.Replace(apps, "<active_period>45", "<active_period>0", 1), properties, []string{"a.xml", "application VISION: active_period: \"0\""}},
		{edge, strings.ReplaceAll(apps, "usage_percentage>60", "usage_percentage>x"), properties, []string{"usage_percentage: \"x\""}},
		{edge, apps, "colour=blue\n", []string{"p.properties", "wlan_bandwidth is missing"}},
		{edge, edge, properties, []string{"a.xml", "a second one of its kind"}},
	} {
		_, err := importText(t, "edgecloudsim", Options{}, "e.xml", c.edge, "a.xml", c.apps, "p.properties", c.properties)
		refused(t, err, c.want...)
	}
	_, err := importText(t, "edgecloudsim", Options{}, "e.xml", edge)
	refused(t, err, "edge_devices.xml and applications.xml are both needed")
}
