package sim

import (
	"math"
	"slices"

	"github.com/gmel-go/gmel/kernels/philox"
)

// params holds the constants of the slot step, computed once in float64 from the
// scenario and rounded to float32. A C or CUDA version of the step needs only
// these and the state arrays. It finds a number by the name of its field in snake
// case, or by its tag c (scalarsOf). SI units: s, bit, cycle, Hz, W, J.
type params struct {
	A     int `c:"agents"`     // IEDs
	M     int `c:"servers"`    // ESs
	C     int `c:"candidates"` // of an IED
	K     int `c:"models"`
	G     int `c:"cache"` // models in a GPU's cache
	O     int `c:"obs"`   // observed numbers
	U     int `c:"actions"`
	P     int `c:"gpus"` // largest G_m; arrays of GPUs have P entries for each ES
	slots int
	slot  float32 // Delta

	message float32 // s; 0: grants cost no time

	arrival float32     // p
	models  []modelUnit // [K]

	queue      int                     // largest number of waiting tasks at an IED; 0: the option arrivals is off
	markov     bool                    // the rate of an IED depends on its phase
	arrivalCDF [2][maxArrivals]float32 // P(N <= n) by phase, off and on
	switchTo   [2]float32              // probability of a change to off, and to on
	startOn    float32                 // stationary probability of on
	perQueue   float32                 // 1 / Q, the scale of the observation
	traced     bool                    // the arrivals are those of a file
	trace      []tracedTask            // by slot and IED
	traceStart []int32                 // [slots of the trace + 1] first row of each slot
	inputs     map[string]string       // the digest of each file that was read, by the key of its setting

	service

	traceSlots   int        // slots of the trace
	windowed     bool       // an episode plays a window of it
	part         *TracePart // that of these worlds, nil without windows
	evaluation   *TracePart // that of evaluations
	windowFirst  int        // first slot at which one may start
	windowEvery  int        // starts are so many slots apart
	windowStarts int        // number of starts; 1 without windows

	los      []line  // path loss in line of sight: the maximum
	nlos     []line  // path loss without: the maximum of these and of los
	losDecay float32 // log2(e) / k_s, 1/m; 0: always line of sight
	losNear  float32 // up to this d2D in m always line of sight; 0 in a factory
	shadow   [2]float32
	height2  float32      // (h_BS - h_UT)^2
	closest  float32      // smallest 3D distance, m
	servers  [][2]float32 // [M] positions in m
	near     nearTable
	rank     []int32 // [M] see ranks
	width    float32
	depth    float32

	band             float32 // B, Hz
	snrUp            float32 // P_IED / (N0 B) at the ES; times the gain it is the SNR on the full band
	snrDown          float32 // P_ES / (N0 B) at the IED
	moveSlots        int     // IEDs move every moveSlots slots; 0: never
	moveS            float32 // the same in s
	paceLo, paceSpan float32 // m/s
	pause            float32 // s
	forget           float32 // log2(e) / correlation distance, 1/m

	hotSpots  int // number of spots
	spots     []spotUnit
	placeRows int          // number of rows
	ownRows   bool         // one for each IED
	rows      [][2]float32 // explicit positions of IEDs, m
	coverage  bool         // an ES serves only IEDs within its radius
	coverage2 []float32    // [M] squares of the radii, m^2

	reuse    bool // all ESs on one band
	maxSE    float32
	specular float32 // sqrt(K/(K+1)), the Rician line-of-sight amplitude
	scatter  float32 // sqrt(1/(K+1)), the Rician scattered amplitude

	serverSpeed []float32 // [M] F_m, of each GPU
	cloud       bool
	cloudSpeed  float32               // cycle/s
	backhaul    float32               // bit/s
	delay       float32               // s, one way
	batchMax    int                   // tasks in a batch; 0: no batches
	batchTime   [maxBatch + 1]float32 // time of a step of b tasks over that of one
	sharing     bool                  // processor sharing
	gpus        []int32               // [M] G_m
	speedLo     float32               // f_i = lo + u span
	speedSpan   float32

	kappa, gpuW, iedW float32
	penalty           float32 // 1 + lambda
	energyWeight      float32

	flags, loadTimes, serverSpeeds bool // optional parts of the observation

	deadlineMax float32
	// reciprocals of the observation's scales
	perData, perCycle, perSecond, perSpeed, perAgent, perServerSpeed, perLoad, perWait float32
	maxWait                                                                            float32 // upper limit of an observed backlog, in units of tau_min

	episodic bool      // topology redrawn per episode
	fixedKey [2]uint32 // key of the fixed topology
}

// modelUnit is one task type in SI units; a draw is lo + u span.
type modelUnit struct {
	upTo                     float32 // cumulative share; the last is 2, so that rounding loses no task
	dataLo, dataSpan         float32
	stepsLo, stepsCount      float32 // whole numbers
	cyclesPerStep            float32
	result                   float32
	deadlineLo, deadlineSpan float32
	load                     float32
}

// sizes returns params with only the counts, which determine the length of every array.
func sizes(s *Scenario) *params {
	p := &params{
		A: s.Agents(), M: s.Servers, C: s.Candidates(), K: len(s.Tasks.Models),
		G: min(s.Compute.CacheModels, len(s.Tasks.Models)), O: s.ObsSize(), U: s.Actions(), slots: s.Time.Slots,
		queue: s.Tasks.Arrivals.Queue, reuse: s.Radio.Reuse1, moveSlots: s.Hall.Mobility.EverySlots, markov: s.Tasks.Arrivals.Process == ArrivalsMarkov,
		traced: s.Tasks.Arrivals.Process == ArrivalsTrace, windowed: s.Tasks.Arrivals.Window.Start != "", cloud: s.hasCloud(),
		coverage: len(s.Hall.CoverageM) > 0, message: float32(s.Time.MessageS), service: service{levels: s.Levels()},
	}
	p.setGPUs(s)
	return p
}

func newParams(s *Scenario) *params {
	p := sizes(s)
	p.slot, p.arrival = float32(s.Time.SlotS), float32(s.Tasks.Probability)
	p.width, p.depth, p.servers = float32(s.Hall.WidthM), float32(s.Hall.DepthM), serverGrid(s)
	p.kappa, p.gpuW = float32(s.Energy.Kappa), float32(s.Energy.GPUW)
	p.penalty, p.energyWeight = float32(1+s.Reward.FailurePenalty), float32(s.Reward.EnergyWeightPerJ)
	p.flags, p.loadTimes, p.serverSpeeds = s.Observation.CacheFlags, s.Observation.LoadTimes, s.Observation.ServerSpeeds
	p.episodic, p.fixedKey = s.Topology == TopologyEpisode, philox.Key(s.TopologySeed)
	p.setPathLoss(s)
	p.setRadio(s)
	p.setTasks(s)
	p.setArrivals(s)
	p.setBatch(s)
	p.setServices(s)
	p.setMobility(s)
	p.setPlaces(s)
	p.setCoverage(s)
	p.setCloud(s)
	p.sharing = s.Compute.Discipline == DisciplineSharing
	p.setSpeeds(s)
	p.perAgent = float32(1 / float64(p.A))
	p.near = newNearTable(p)
	p.rank = ranks(p)
	if s.Units != nil {
		p.setUnits(s.Units)
	}
	return p
}

func (p *params) setSpeeds(s *Scenario) {
	f := s.Compute.IEDGcyclesPerS
	p.speedLo, p.speedSpan, p.perSpeed = float32(f[0]*1e9), float32((f[1]-f[0])*1e9), float32(1e-9/f[1])
	for m := range p.M {
		speeds := s.Compute.ServerGcyclesPerS
		p.serverSpeed = append(p.serverSpeed, float32(speeds[m%len(speeds)]*1e9))
	}
	p.perServerSpeed = 1 / slices.Max(p.serverSpeed)
}

func (p *params) setRadio(s *Scenario) {
	r := &s.Radio
	p.band = float32(r.BandwidthMHz * 1e6)
	noise := func(figureDB float64) float64 { // mW over the full band
		return milliwatt(r.ThermalNoiseDBmPerHz+figureDB) * r.BandwidthMHz * 1e6
	}
	p.snrUp = float32(milliwatt(r.IEDPowerDBm) / noise(r.ServerNoiseFigureDB))
	p.snrDown = float32(milliwatt(r.ServerPowerDBm) / noise(r.IEDNoiseFigureDB))
	p.iedW = float32(milliwatt(r.IEDPowerDBm) * 1e-3)
	p.maxSE = float32(r.MaxSpectralEfficiency)
	k := math.Pow(10, r.RicianKDB/10)
	p.specular, p.scatter = float32(math.Sqrt(k/(k+1))), float32(math.Sqrt(1/(k+1)))
}

func (p *params) setTasks(s *Scenario) {
	var total, data, cycles, deadline, load float64
	urgent := math.Inf(1)
	for _, m := range s.Tasks.Models {
		m = m.measured()
		total += m.Share
		lo, hi := m.steps()
		p.models = append(p.models, modelUnit{
			upTo:   float32(total),
			dataLo: float32(m.DataMbit[0] * 1e6), dataSpan: float32((m.DataMbit[1] - m.DataMbit[0]) * 1e6),
			stepsLo: float32(lo), stepsCount: float32(hi - lo + 1), cyclesPerStep: float32(m.GcyclesPerStep * 1e9),
			result:     float32(m.ResultMbit * 1e6),
			deadlineLo: float32(m.DeadlineS[0]), deadlineSpan: float32(m.DeadlineS[1] - m.DeadlineS[0]),
			load: float32(m.LoadS),
		})
		data, cycles = max(data, m.DataMbit[1]*1e6), max(cycles, m.Gcycles[1]*1e9)
		deadline, load = max(deadline, m.DeadlineS[1]), max(load, m.LoadS)
		urgent = min(urgent, m.DeadlineS[0])
	}
	p.models[lastShared(s.Tasks.Models)].upTo = 2
	p.deadlineMax = float32(deadline)
	p.perData, p.perCycle, p.perSecond = float32(1/data), float32(1/cycles), float32(1/deadline)
	p.perWait, p.maxWait = float32(1/urgent), float32(2*deadline/urgent)
	if load > 0 {
		p.perLoad = float32(1 / load)
	}
}

// lastShared is the last model with a positive share. It also gets the draws
// above the rounded sum of the shares.
func lastShared(models []Model) int {
	last := 0
	for k, m := range models {
		if m.Share > 0 {
			last = k
		}
	}
	return last
}

// milliwatt converts dBm to mW.
func milliwatt(dBm float64) float64 { return math.Pow(10, dBm/10) }

// serverGrid returns the ES positions in m: the explicit ones, or a grid. The
// grid has ceil(sqrt(M depth/width)) rows, which share the ESs as evenly as
// possible; every row is evenly spaced. Four ESs in 300 x 150 m are at
// (75 | 225, 37.5 | 112.5).
func serverGrid(s *Scenario) [][2]float32 {
	var at [][2]float32
	for _, q := range s.Hall.ServerPositions {
		at = append(at, [2]float32{float32(q[0]), float32(q[1])})
	}
	if at != nil {
		return at
	}
	ideal := math.Sqrt(float64(s.Servers) * s.Hall.DepthM / s.Hall.WidthM)
	rows := min(s.Servers, max(1, int(math.Ceil(ideal-1e-6))))
	for r := range rows {
		n := (r+1)*s.Servers/rows - r*s.Servers/rows
		y := (float64(r) + 0.5) / float64(rows) * s.Hall.DepthM
		for j := range n {
			at = append(at, [2]float32{float32((float64(j) + 0.5) / float64(n) * s.Hall.WidthM), float32(y)})
		}
	}
	return at
}
