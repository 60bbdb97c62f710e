package sim

import (
	"errors"
	"fmt"
	"math"
)

// FieldError is one setting that is not allowed. File and Line are empty for a
// scenario that was not read from a file.
type FieldError struct {
	File    string
	Line    int
	Field   string // path of keys, for example tasks.models[1].share
	Value   any
	Allowed string
}

// Error gives "file:line: field: value is not allowed; allowed: ...".
func (e *FieldError) Error() string {
	where := ""
	if e.File != "" {
		where = e.File + ": "
		if e.Line > 0 {
			where = fmt.Sprintf("%s:%d: ", e.File, e.Line)
		}
	}
	return fmt.Sprintf("sim: %s%s: %v is not allowed; allowed: %s", where, e.Field, e.Value, e.Allowed)
}

// checker collects FieldErrors.
type checker struct{ errs []error }

func (c *checker) require(ok bool, field string, value any, allowed string) {
	if !ok {
		c.errs = append(c.errs, &FieldError{Field: field, Value: value, Allowed: allowed})
	}
}

// between wants lo <= v <= hi; NaN fails.
func (c *checker) between(field string, v, lo, hi float64) {
	c.require(v >= lo && v <= hi, field, v, fmt.Sprintf("%g to %g", lo, hi))
}

// count wants a whole number lo <= v <= hi.
func (c *checker) count(field string, v, lo, hi int) {
	c.require(v >= lo && v <= hi, field, v, fmt.Sprintf("a whole number from %d to %d", lo, hi))
}

// interval wants lo <= min <= max <= hi.
func (c *checker) interval(field string, r Range, lo, hi float64) {
	c.require(r[0] >= lo && r[1] >= r[0] && r[1] <= hi, field, r,
		fmt.Sprintf("[min, max] with %g <= min <= max <= %g", lo, hi))
}

// maxCandidates keeps the fading streams inside the stream byte of the counter.
const maxCandidates = 64

// maxGPUs bounds the GPUs of one ES.
const maxGPUs = 64

// Validate returns all settings that are not allowed, each a *FieldError, joined
// with errors.Join; nil if there are none.
func (s *Scenario) Validate() error {
	c := &checker{}
	c.count("ieds", s.IEDs, 1, 1<<20)
	c.count("servers", s.Servers, 1, 1<<12)
	c.count("candidates", s.MaxCandidates, 1, maxCandidates)
	c.require(s.Topology == TopologyEpisode || s.Topology == TopologyFixed,
		"topology", s.Topology, TopologyEpisode+" or "+TopologyFixed)
	c.between("time.slot_s", s.Time.SlotS, 1e-3, 1e3)
	c.count("time.slots", s.Time.Slots, 1, 1<<30)
	s.validateHall(c)
	s.validateRadio(c)
	s.validateTasks(c)
	s.validateCompute(c)
	c.between("energy.kappa", s.Energy.Kappa, 0, 1e-20)
	c.between("energy.gpu_w", s.Energy.GPUW, 0, 1e6)
	c.between("reward.failure_penalty", s.Reward.FailurePenalty, 0, 1e3)
	c.between("reward.energy_weight_per_j", s.Reward.EnergyWeightPerJ, 0, 1e3)
	return errors.Join(c.errs...)
}

func (s *Scenario) validateHall(c *checker) {
	h := &s.Hall
	c.between("hall.width_m", h.WidthM, 1, 1e5)
	c.between("hall.depth_m", h.DepthM, 1, 1e5)
	_, known := clutters[h.Clutter]
	c.require(known, "hall.clutter", h.Clutter, "LOS, SL, DL, SH or DH")
	n := len(h.ServerPositions)
	c.require(n == 0 || n == s.Servers, "hall.server_positions_m", fmt.Sprintf("a list of %d", n),
		fmt.Sprintf("empty, or one [x, y] for each of the %d servers", s.Servers))
	s.validateMobility(c)
	for m, p := range h.ServerPositions {
		inside := p[0] >= 0 && p[0] <= h.WidthM && p[1] >= 0 && p[1] <= h.DepthM
		c.require(inside, fmt.Sprintf("hall.server_positions_m[%d]", m), p, "[x, y] inside the hall")
	}
}

func (s *Scenario) validateRadio(c *checker) {
	r := &s.Radio
	c.between("radio.carrier_ghz", r.CarrierGHz, 0.5, 100) // the range of TR 38.901
	c.between("radio.bandwidth_mhz", r.BandwidthMHz, 1e-2, 1e4)
	c.between("radio.ied_power_dbm", r.IEDPowerDBm, -50, 60)
	c.between("radio.server_power_dbm", r.ServerPowerDBm, -50, 60)
	c.between("radio.thermal_noise_dbm_per_hz", r.ThermalNoiseDBmPerHz, -200, -100)
	c.between("radio.server_noise_figure_db", r.ServerNoiseFigureDB, 0, 30)
	c.between("radio.ied_noise_figure_db", r.IEDNoiseFigureDB, 0, 30)
	c.between("radio.max_spectral_efficiency", r.MaxSpectralEfficiency, 0.1, 100)
	c.between("radio.rician_k_db", r.RicianKDB, -30, 30)
}

func (s *Scenario) validateTasks(c *checker) {
	s.validateArrivals(c)
	c.between("tasks.probability", s.Tasks.Probability, 0, 1)
	c.require(len(s.Tasks.Models) > 0 && len(s.Tasks.Models) <= 256, "tasks.models",
		fmt.Sprintf("a list of %d", len(s.Tasks.Models)), "1 to 256 models")
	total := 0.0
	for k := range s.Tasks.Models {
		m, at := &s.Tasks.Models[k], fmt.Sprintf("tasks.models[%d].", k)
		total += m.Share
		c.between(at+"share", m.Share, 0, 1)
		c.interval(at+"data_mbit", m.DataMbit, 1e-3, 1e5)
		c.interval(at+"gcycles", m.Gcycles, 1e-3, 1e5)
		c.between(at+"gcycles_per_step", m.GcyclesPerStep, 1e-3, 1e5)
		lo, hi := m.steps()
		c.require(lo <= hi && hi < 1<<20, at+"gcycles", m.Gcycles, fmt.Sprintf(
			"a range that holds a whole number of steps of %g Gcycles, fewer than 2^20", m.GcyclesPerStep))
		c.between(at+"result_mbit", m.ResultMbit, 0, 1e5)
		c.interval(at+"deadline_s", m.DeadlineS, 1e-3, 1e4)
		c.between(at+"load_s", m.LoadS, 0, 1e4)
	}
	c.require(math.Abs(total-1) < 1e-6, "tasks.models", fmt.Sprintf("share adding up to %g", total), "shares that add up to 1")
}

func (s *Scenario) validateCompute(c *checker) {
	p := &s.Compute
	c.require(len(p.ServerGcyclesPerS) > 0, "compute.server_gcycles_per_s", p.ServerGcyclesPerS, "at least one speed")
	for m, f := range p.ServerGcyclesPerS {
		c.between(fmt.Sprintf("compute.server_gcycles_per_s[%d]", m), f, 1e-3, 1e5)
	}
	c.interval("compute.ied_gcycles_per_s", p.IEDGcyclesPerS, 1e-3, 1e5)
	for m, g := range p.ServerGPUs {
		c.count(fmt.Sprintf("compute.server_gpus[%d]", m), g, 1, maxGPUs)
	}
	s.validateCloud(c)
	s.validateBatch(c)
	s.validateDiscipline(c)
	c.count("compute.cache_models", p.CacheModels, 1, 256)
}

// steps returns the smallest and largest whole number of denoising steps whose
// cycles lie in the model's range; the tolerance forgives 3/0.2 = 14.999....
func (m *Model) steps() (lo, hi int) {
	return int(math.Ceil(m.Gcycles[0]/m.GcyclesPerStep - 1e-9)), int(math.Floor(m.Gcycles[1]/m.GcyclesPerStep + 1e-9))
}
