package sim

import (
	"fmt"
	"math"

	"github.com/gmel-go/gmel/internal/setting"
)

// FieldError is one setting that is not allowed: its origin (file and line, if it was read from
// a file), the path of its keys, such as tasks.models[1].share, its value and what is allowed.
type FieldError = setting.Error

// maxCandidates keeps the fading streams inside the stream byte of the counter.
const maxCandidates = 64

// maxServers bounds the ESs.
const maxServers = 1 << 14

// maxLinks bounds the pairs of an IED and an ES, which random numbers are counted by.
const maxLinks = 1 << 32

// maxGPUs bounds the GPUs of one ES.
const maxGPUs = 64

// Validate returns all settings that are not allowed, each a *FieldError, joined
// with errors.Join; nil if there are none.
func (s *Scenario) Validate() error {
	c := setting.NewChecker("")
	s.Check(c)
	return named(c.Err())
}

// Check gives the checker all settings that are not allowed.
func (s *Scenario) Check(c *setting.Checker) {
	c.Count("ieds", s.IEDs, 1, 1<<20)
	c.Count("servers", s.Servers, 1, maxServers)
	c.Expect(float64(s.Servers)*float64(s.IEDs) <= maxLinks, "servers", fmt.Sprintf("%d servers and %d ieds are too many together", s.Servers, s.IEDs),
		"at most 2^32 pairs of an IED and a server")
	c.Count("candidates", s.MaxCandidates, 1, maxCandidates)
	c.Require(s.Topology == TopologyEpisode || s.Topology == TopologyFixed,
		"topology", s.Topology, TopologyEpisode+" or "+TopologyFixed)
	c.Between("time.slot_s", s.Time.SlotS, 1e-3, 1e3)
	s.validateMessages(c)
	c.Count("time.slots", s.Time.Slots, 1, 1<<30)
	s.validateHall(c)
	s.validateRadio(c)
	s.validateTasks(c)
	s.validateServices(c)
	s.validateCompute(c)
	c.Between("energy.kappa", s.Energy.Kappa, 0, 1e-20)
	c.Between("energy.gpu_w", s.Energy.GPUW, 0, 1e6)
	c.Between("reward.failure_penalty", s.Reward.FailurePenalty, 0, 1e3)
	c.Between("reward.energy_weight_per_j", s.Reward.EnergyWeightPerJ, 0, 1e3)
	c.Between("reward.quality_weight", s.Reward.QualityWeight, 0, 1e3)
}

func (s *Scenario) validateHall(c *setting.Checker) {
	h := &s.Hall
	c.Between("hall.width_m", h.WidthM, 1, 1e5)
	c.Between("hall.depth_m", h.DepthM, 1, 1e5)
	_, known := propagations[h.Clutter]
	c.Require(known, "hall.clutter", h.Clutter, "LOS, SL, DL, SH, DH, UMi or UMa")
	n := len(h.ServerPositions)
	c.Expect(n == 0 || n == s.Servers, "hall.server_positions_m", fmt.Sprintf("a list of %d is not allowed", n),
		fmt.Sprintf("empty, or one [x, y] for each of the %d servers", s.Servers))
	s.validateMobility(c)
	s.validateIEDPlaces(c)
	s.validateCoverage(c)
	h.validatePlaces(c, "hall.server_positions_m", h.ServerPositions)
}

const degreesHint = "; if the list has degrees of latitude and longitude, convert its file with gmel import eua FILE..."

// validatePlaces refuses places outside of the hall, of those that may be degrees only the first.
func (h *Hall) validatePlaces(c *setting.Checker, path string, places []Point) {
	allowed := fmt.Sprintf("[x, y] in metres inside the hall, from [0, 0] to [%g, %g]", h.WidthM, h.DepthM)
	for m, p := range places {
		at := fmt.Sprintf("%s[%d]", path, m)
		inside := p[0] >= 0 && p[0] <= h.WidthM && p[1] >= 0 && p[1] <= h.DepthM
		if !inside && p.maybeDegrees() {
			c.Require(false, at, p, allowed+degreesHint)
			return
		}
		c.Require(inside, at, p, allowed)
	}
}

// maybeDegrees tells whether a place may be latitude and longitude, in either order: within their ranges,
// and neither a whole number.
func (p Point) maybeDegrees() bool {
	small, large := min(math.Abs(p[0]), math.Abs(p[1])), max(math.Abs(p[0]), math.Abs(p[1]))
	return small <= 90 && large <= 180 && p[0] != math.Trunc(p[0]) && p[1] != math.Trunc(p[1])
}

func (s *Scenario) validateRadio(c *setting.Checker) {
	r := &s.Radio
	c.Between("radio.carrier_ghz", r.CarrierGHz, 0.5, 100) // the range of TR 38.901
	c.Between("radio.bandwidth_mhz", r.BandwidthMHz, 1e-2, 1e4)
	c.Between("radio.ied_power_dbm", r.IEDPowerDBm, -50, 60)
	c.Between("radio.server_power_dbm", r.ServerPowerDBm, -50, 60)
	c.Between("radio.thermal_noise_dbm_per_hz", r.ThermalNoiseDBmPerHz, -200, -100)
	c.Between("radio.server_noise_figure_db", r.ServerNoiseFigureDB, 0, 30)
	c.Between("radio.ied_noise_figure_db", r.IEDNoiseFigureDB, 0, 30)
	c.Between("radio.max_spectral_efficiency", r.MaxSpectralEfficiency, 0.1, 100)
	c.Between("radio.rician_k_db", r.RicianKDB, -30, 30)
}

func (s *Scenario) validateTasks(c *setting.Checker) {
	s.validateArrivals(c)
	c.Between("tasks.probability", s.Tasks.Probability, 0, 1)
	c.Expect(len(s.Tasks.Models) > 0 && len(s.Tasks.Models) <= 256, "tasks.models",
		fmt.Sprintf("a list of %d is not allowed", len(s.Tasks.Models)), "1 to 256 models")
	for k := range s.Tasks.Models {
		m, at := &s.Tasks.Models[k], fmt.Sprintf("tasks.models[%d].", k)
		c.Between(at+"share", m.Share, 0, 1)
		c.Interval(at+"data_mbit", m.DataMbit, 1e-3, 1e5)
		c.Interval(at+"deadline_s", m.DeadlineS, 1e-3, 1e4)
		m.validateWork(c, at)
	}
	s.validateShares(c)
}

// validateWork checks the settings that a service replaces.
func (m *Model) validateWork(c *setting.Checker, at string) {
	if m.served() {
		c.Require(m.Gcycles.IsZero(), at+"gcycles", m.Gcycles, "left out with a service, which says it")
		c.Require(m.GcyclesPerStep == 0, at+"gcycles_per_step", m.GcyclesPerStep, "left out with a service, which says it")
		c.Require(m.ResultMbit == 0, at+"result_mbit", m.ResultMbit, "left out with a service, which says it")
		c.Require(m.LoadS == 0, at+"load_s", m.LoadS, "left out with a service, which says it")
		return
	}
	c.Interval(at+"gcycles", m.Gcycles, 1e-3, 1e5)
	c.Between(at+"gcycles_per_step", m.GcyclesPerStep, 1e-3, 1e5)
	lo, hi := m.steps()
	c.Require(lo <= hi && hi < 1<<20, at+"gcycles", m.Gcycles, fmt.Sprintf(
		"a range that holds a whole number of steps of %g Gcycles, fewer than 2^20", m.GcyclesPerStep))
	c.Between(at+"result_mbit", m.ResultMbit, 0, 1e5)
	c.Between(at+"load_s", m.LoadS, 0, 1e4)
}

func (s *Scenario) validateCompute(c *setting.Checker) {
	p := &s.Compute
	c.Require(len(p.ServerGcyclesPerS) > 0, "compute.server_gcycles_per_s", p.ServerGcyclesPerS, "at least one speed")
	for m, f := range p.ServerGcyclesPerS {
		c.Between(fmt.Sprintf("compute.server_gcycles_per_s[%d]", m), f, 1e-3, 1e5)
	}
	c.Interval("compute.ied_gcycles_per_s", p.IEDGcyclesPerS, 1e-3, 1e5)
	for m, g := range p.ServerGPUs {
		c.Count(fmt.Sprintf("compute.server_gpus[%d]", m), g, 1, maxGPUs)
	}
	s.validateCloud(c)
	s.validateBatch(c)
	s.validateDiscipline(c)
	c.Count("compute.cache_models", p.CacheModels, 1, 256)
}

// steps returns the smallest and largest whole number of denoising steps whose
// cycles lie in the model's range; the tolerance forgives 3/0.2 = 14.999....
func (m *Model) steps() (lo, hi int) {
	return int(math.Ceil(m.Gcycles[0]/m.GcyclesPerStep - 1e-9)), int(math.Floor(m.Gcycles[1]/m.GcyclesPerStep + 1e-9))
}
