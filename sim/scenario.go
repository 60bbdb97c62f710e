package sim

import (
	"hash/fnv"
	"math"

	"go.yaml.in/yaml/v3"
)

// Scenario is the whole configuration of a game: the IEDs and ESs, the hall, the
// radio, the tasks, the computers and the reward. The presets are the only source
// of defaults, and every number there has its unit and its source. A field is in
// the unit that its key names.
type Scenario struct {
	Name          string `yaml:"name"`
	IEDs          int    `yaml:"ieds"`       // N, the agents
	Servers       int    `yaml:"servers"`    // M, the edge servers (ESs)
	MaxCandidates int    `yaml:"candidates"` // C, at most M (see Candidates)

	Topology     string `yaml:"topology"`      // TopologyEpisode or TopologyFixed
	TopologySeed uint64 `yaml:"topology_seed"` // seed of the fixed topology

	Time        Clock       `yaml:"time"`
	Hall        Hall        `yaml:"hall"`
	Radio       Radio       `yaml:"radio"`
	Tasks       Tasks       `yaml:"tasks"`
	Compute     Compute     `yaml:"compute"`
	Energy      Energy      `yaml:"energy"`
	Reward      RewardRule  `yaml:"reward"`
	Observation Observation `yaml:"observation"`

	// Units is the scenario that gives the observation its units, such as the largest data of a task; nil: this one.
	// InUnitsOf sets it. It is no setting.
	Units *Scenario `yaml:"-"`

	// Evaluation says that windows of an arrival trace are those of its held-out part. HeldOut sets it. It is no setting.
	Evaluation bool `yaml:"-"`
}

// Values of Scenario.Topology. A topology is the IEDs' positions and speeds f_i
// and every link's line-of-sight state and shadowing.
const (
	TopologyEpisode = "episode" // drawn anew by every world at every episode
	TopologyFixed   = "fixed"   // drawn once from topology_seed, shared by all worlds and episodes
)

// Range is a closed interval [min, max] that a uniform draw covers.
type Range [2]float64

// Point is a place in the hall, [x, y] in m.
type Point [2]float64

// IsZero reports whether the range is left out, where it may be.
func (r Range) IsZero() bool { return r == Range{} }

// Form says what a range is written as, for errors.
func (Range) Form() string { return "two numbers [min, max]" }

// Form says what a point is written as, for errors.
func (Point) Form() string { return "two numbers [x, y]" }

// Clock is the time grid: Slots slots of SlotS seconds make one episode.
type Clock struct {
	SlotS float64 `yaml:"slot_s"`
	Slots int     `yaml:"slots"`
	// MessageS is an option (message.go): the time of a message by which an ES lets an IED decide, where IEDs decide in turn.
	MessageS float64 `yaml:"message_s,omitempty"`
}

// Hall is the factory floor, or a piece of a city. IEDs are uniform over it, unless an option of place.go says
// where they are.
type Hall struct {
	WidthM          float64  `yaml:"width_m"`
	DepthM          float64  `yaml:"depth_m"`
	Clutter         string   `yaml:"clutter"`                 // propagation scenario of TR 38.901: InF SL, DL, SH or DH, UMi or UMa; or LOS
	ServerPositions []Point  `yaml:"server_positions_m,flow"` // empty: the grid of serverGrid
	Mobility        Mobility `yaml:"mobility,omitempty"`

	IEDPositions      []Point   `yaml:"ied_positions_m,flow,omitempty"`
	IEDPositionsFile  string    `yaml:"ied_positions_file,omitempty"`  // CSV, see readPlaces
	IEDPositionsScale float64   `yaml:"ied_positions_scale,omitempty"` // factor of the positions in the file; 0: 1
	HotSpots          []HotSpot `yaml:"hot_spots,omitempty"`
	CoverageM         []float64 `yaml:"coverage_m,flow,omitempty"` // ES m has entry m modulo the length; empty: no limit, see coverage.go
}

// Radio is the air interface; every ES has its own band of BandwidthMHz unless Reuse1.
type Radio struct {
	CarrierGHz            float64 `yaml:"carrier_ghz"`
	BandwidthMHz          float64 `yaml:"bandwidth_mhz"`
	IEDPowerDBm           float64 `yaml:"ied_power_dbm"`
	ServerPowerDBm        float64 `yaml:"server_power_dbm"`
	ThermalNoiseDBmPerHz  float64 `yaml:"thermal_noise_dbm_per_hz"`
	ServerNoiseFigureDB   float64 `yaml:"server_noise_figure_db"`
	IEDNoiseFigureDB      float64 `yaml:"ied_noise_figure_db"`
	MaxSpectralEfficiency float64 `yaml:"max_spectral_efficiency"` // bit/s/Hz
	RicianKDB             float64 `yaml:"rician_k_db"`
	Reuse1                bool    `yaml:"reuse_1,omitempty"` // all ESs on one band, see interference.go
}

// Tasks is the arrival process of tasks and their distribution.
type Tasks struct {
	Probability float64  `yaml:"probability"` // of a task, per IED and slot; used only without Arrivals
	Arrivals    Arrivals `yaml:"arrivals,omitempty"`
	Models      []Model  `yaml:"models"` // the K task types
}

// Model is one AIGC service: the distribution of its tasks and its load time.
type Model struct {
	Name           string  `yaml:"name"`
	Share          float64 `yaml:"share"` // fraction of all tasks; the shares add up to 1 (NormaliseShares)
	DataMbit       Range   `yaml:"data_mbit,flow"`
	Gcycles        Range   `yaml:"gcycles,flow"`
	GcyclesPerStep float64 `yaml:"gcycles_per_step"`
	ResultMbit     float64 `yaml:"result_mbit"`
	DeadlineS      Range   `yaml:"deadline_s,flow"`
	LoadS          float64 `yaml:"load_s"`

	Service      Service `yaml:"service,omitempty"`            // an option: measured numbers in place of gcycles, gcycles_per_step, result_mbit and load_s
	Levels       []int   `yaml:"levels,flow,omitempty"`        // with a service: steps that IEDs choose from; empty: all of the service
	LeastQuality Range   `yaml:"least_quality,flow,omitempty"` // with a service: that tasks ask for
}

// Compute holds the speeds of IEDs and of each GPU of the ESs, and the size of each GPU's model
// cache. An option whose key is left out of the YAML is off.
type Compute struct {
	ServerGcyclesPerS []float64 `yaml:"server_gcycles_per_s,flow"` // ES m has entry m modulo the length
	IEDGcyclesPerS    Range     `yaml:"ied_gcycles_per_s,flow"`
	ServerGPUs        []int     `yaml:"server_gpus,flow,omitempty"` // ES m has entry m modulo the length; empty: 1 each
	Cloud             Cloud     `yaml:"cloud,omitempty"`
	Batch             Batch     `yaml:"batch,omitempty"`
	Discipline        string    `yaml:"discipline,omitempty"` // DisciplineSharing; empty: first come first served
	CacheModels       int       `yaml:"cache_models"`         // G
}

// Energy holds the constants of the energy report.
type Energy struct {
	Kappa float64 `yaml:"kappa"` // J s^2 / cycle^3
	GPUW  float64 `yaml:"gpu_w"`
}

// RewardRule holds the constants of the reward.
type RewardRule struct {
	FailurePenalty   float64 `yaml:"failure_penalty"`          // lambda
	EnergyWeightPerJ float64 `yaml:"energy_weight_per_j"`      // w_e
	QualityWeight    float64 `yaml:"quality_weight,omitempty"` // w_q, see level.go
}

// Observation selects optional parts of the observation.
type Observation struct {
	CacheFlags   bool `yaml:"cache_flags"`
	LoadTimes    bool `yaml:"load_times"`
	ServerSpeeds bool `yaml:"server_speeds"`
}

// Agents returns A = N, the number of IEDs.
func (s *Scenario) Agents() int { return s.IEDs }

// Candidates returns C = min(M, candidates), the number of ESs that an IED can choose from.
func (s *Scenario) Candidates() int { return min(s.Servers, s.MaxCandidates) }

// Actions returns U = D max(1, L): with services an action is a destination and a level (level.go).
func (s *Scenario) Actions() int { return s.Destinations() * max(1, s.Levels()) }

// Destinations returns D = C + 1: destination 0 is local, destination c is candidate c. With a cloud D = C + 2, and the
// last one is the cloud.
func (s *Scenario) Destinations() int {
	if s.hasCloud() {
		return s.Candidates() + 2
	}
	return s.Candidates() + 1
}

func (s *Scenario) hasCloud() bool { return s.Compute.Cloud.GcyclesPerS > 0 }

// TaskSize returns the number of features at the beginning of an observation that describe the task: whether
// there is one, its model, data and cycles.
func (s *Scenario) TaskSize() int { return 3 + len(s.Tasks.Models) }

// ObsSize returns O = 7 + K + 3C, plus C K with cache flags, C with load times, C with
// server speeds, C with reuse 1, 1 each with a queue of arrivals and with a cloud, and 1 + 2L with services.
func (s *Scenario) ObsSize() int {
	k, c := len(s.Tasks.Models), s.Candidates()
	o := 7 + k + 3*c
	if s.Tasks.Arrivals.Queue > 0 {
		o++
	}
	if s.hasCloud() {
		o++
	}
	if s.Radio.Reuse1 {
		o += c
	}
	if s.Observation.CacheFlags {
		o += c * k
	}
	if s.Observation.LoadTimes {
		o += c
	}
	if s.Observation.ServerSpeeds {
		o += c
	}
	if l := s.Levels(); l > 0 {
		o += 1 + 2*l
	}
	return o
}

// Clone returns a deep copy.
func (s *Scenario) Clone() *Scenario {
	c := *s
	c.Hall.ServerPositions = append([]Point(nil), s.Hall.ServerPositions...)
	c.Hall.IEDPositions = append([]Point(nil), s.Hall.IEDPositions...)
	c.Hall.HotSpots = append([]HotSpot(nil), s.Hall.HotSpots...)
	c.Hall.CoverageM = append([]float64(nil), s.Hall.CoverageM...)
	c.Tasks.Models = append([]Model(nil), s.Tasks.Models...)
	for k := range c.Tasks.Models {
		c.Tasks.Models[k] = c.Tasks.Models[k].clone()
	}
	c.Compute.ServerGcyclesPerS = append([]float64(nil), s.Compute.ServerGcyclesPerS...)
	c.Compute.ServerGPUs = append([]int(nil), s.Compute.ServerGPUs...)
	return &c
}

// Population returns the scenario scaled to n IEDs with the same density. The
// number of ESs is proportional to n (rounded, at least 1). The hall's area is
// proportional to the number of ESs, with the same aspect ratio. The grid replaces
// explicit ES positions. Hot spots and explicit IED positions are stretched with the hall, coverage
// radii are kept. An arrival trace is kept, too, so n must be above the numbers of its IEDs. The receiver is
// not changed.
func (s *Scenario) Population(n int) *Scenario {
	c := s.Clone()
	c.IEDs = n
	c.Servers = max(1, int(math.Round(float64(s.Servers)*float64(n)/float64(s.IEDs))))
	side := math.Sqrt(float64(c.Servers) / float64(s.Servers))
	c.Hall.WidthM *= side
	c.Hall.DepthM *= side
	c.Hall.stretchPlaces(side)
	if c.Servers != s.Servers {
		c.Hall.ServerPositions = nil
	}
	return c
}

// YAML returns the effective configuration: all keys, without comments. Parse
// reads it back to an equal scenario.
func (s *Scenario) YAML() []byte {
	b, err := yaml.Marshal(s)
	if err != nil {
		panic("sim: scenario does not marshal: " + err.Error()) // plain fields only
	}
	return b
}

// Hash identifies the game: the effective configuration without its name, with the digest of each
// file instead of its path. It is the 64-bit FNV-1a of the YAML, followed by that of Units if it is set. A
// checkpoint can be resumed only with the same hash. An error is that of a file that cannot be read.
func (s *Scenario) Hash() (uint64, error) {
	digests, err := s.Digests()
	if err != nil {
		return 0, err
	}
	return s.hashOf(digests), nil
}

// hashOf is Hash for files with these digests.
func (s *Scenario) hashOf(digests map[string]string) uint64 {
	c := s.WithDigests(digests)
	c.Name = ""
	h := fnv.New64a()
	h.Write(c.YAML())
	if s.Units != nil {
		h.Write(s.Units.YAML())
	}
	return h.Sum64()
}
