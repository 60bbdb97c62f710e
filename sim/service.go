package sim

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/gmel-go/gmel/internal/setting"
)

// Service is an option of a model: what it costs and what its results are worth, as `gmel diffusion profile --service` measures
// them, in place of gcycles, gcycles_per_step, result_mbit and load_s. A scenario has it for every model or for none, all of one
// device. The unit of work, a Gcycle, is then a second of that device: a speed of 1 is the device that was measured, another
// speed is a ratio that scales it (Measured). Load times are not scaled.
//
// A batch of b takes what the table says. Between two sizes that were measured, its time is linear in b.
//
// The quality of a result is floor / Frechet distance, at most 1: the distance that real samples held out have from those of
// training, over the one that the samples of the model have. It is 1 where samples are as near as real ones.
type Service struct {
	Device     string      `yaml:"device,omitempty"`       // that was measured
	Source     string      `yaml:"source,omitempty"`       // of what, for readers
	LoadS      float64     `yaml:"load_s,omitempty"`       // until a model that is not in memory has made a sample
	ResultBits int64       `yaml:"result_bits,omitempty"`  // of a sample
	Steps      []int       `yaml:"steps,flow,omitempty"`   // columns of the tables
	Batches    []int       `yaml:"batches,flow,omitempty"` // rows of Seconds, from 1 on
	Seconds    [][]float64 `yaml:"seconds,flow,omitempty"` // of a call
	Quality    Quality     `yaml:"quality,omitempty"`
}

// Quality is the distance of samples from those of training.
type Quality struct {
	Floor   float64   `yaml:"floor,omitempty"`        // of real samples that were held out
	Frechet []float64 `yaml:"frechet,flow,omitempty"` // by steps
}

// Included says that a scenario may name a file in place of the keys (setting.Included).
func (Service) Included() {}

const (
	maxTable   = 64 // sides of a table
	maxSteps   = 10000
	maxLevels  = 8
	maxSeconds = 1e4
)

// served reports whether a model has a service.
func (m *Model) served() bool { return len(m.Service.Steps) > 0 || m.Service.Device != "" }

// HasServices reports whether models have services.
func (s *Scenario) HasServices() bool {
	return slices.ContainsFunc(s.Tasks.Models, func(m Model) bool { return m.served() })
}

// levels are the numbers of steps that IEDs choose from, ascending.
func (m *Model) levels() []int {
	if len(m.Levels) > 0 {
		return m.Levels
	}
	return m.Service.Steps
}

// Levels returns L, the largest number of levels of a model; 0 without services.
func (s *Scenario) Levels() int {
	most := 0
	for k := range s.Tasks.Models {
		if m := &s.Tasks.Models[k]; m.served() {
			most = max(most, len(m.levels()))
		}
	}
	return most
}

// Steps are the numbers of steps that actions may ask for, of all models, ascending; none without services.
func (s *Scenario) Steps() (all []int) {
	for k := range s.Tasks.Models {
		if m := &s.Tasks.Models[k]; m.served() {
			all = append(all, m.levels()...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// StepsOf is the number of steps that an action asks of a model, which needs a service.
func (s *Scenario) StepsOf(model int, action int32) int {
	return s.Tasks.Models[model].levels()[int(action)/s.Destinations()]
}

// MostSteps is the largest number of steps that an action may ask of a model, which needs a service.
func (s *Scenario) MostSteps(model int) int {
	return slices.Max(s.Tasks.Models[model].levels())
}

// seconds is the time of a batch of b at a number of steps.
func (v *Service) seconds(b, steps int) float64 {
	column := slices.Index(v.Steps, steps)
	row := sort.SearchInts(v.Batches, b)
	if row == len(v.Batches) {
		row-- // no batch is that large
	}
	high := v.Seconds[row][column]
	if row == 0 || v.Batches[row] <= b {
		return high
	}
	low, from, to := v.Seconds[row-1][column], v.Batches[row-1], v.Batches[row]
	return low + float64((high-low)*float64(b-from)/float64(to-from))
}

// at is the quality at a number of steps, 0 if it was not measured.
func (v *Service) at(steps int) float64 {
	if len(v.Quality.Frechet) == 0 {
		return 0
	}
	return min(1, v.Quality.Floor/v.Quality.Frechet[slices.Index(v.Steps, steps)])
}

// best is the best quality of the levels.
func (m *Model) best() (best float64) {
	for _, steps := range m.levels() {
		best = max(best, m.Service.at(steps))
	}
	return best
}

// clone returns a deep copy.
func (m Model) clone() Model {
	m.Levels = slices.Clone(m.Levels)
	v := &m.Service
	v.Steps, v.Batches, v.Quality.Frechet = slices.Clone(v.Steps), slices.Clone(v.Batches), slices.Clone(v.Quality.Frechet)
	v.Seconds = slices.Clone(v.Seconds)
	for i := range v.Seconds {
		v.Seconds[i] = slices.Clone(v.Seconds[i])
	}
	return m
}

// Measured says what the services were measured on, and which devices of the scenario are scaled; "" without services.
func (s *Scenario) Measured() string {
	if !s.HasServices() {
		return ""
	}
	var list []string
	for m, ratio := range s.Compute.ServerGcyclesPerS {
		if m < s.Servers {
			list = append(list, ratioText(ratio))
		}
	}
	text := fmt.Sprintf("services are measured on %s; ESs: %s", s.Tasks.Models[0].Service.Device, strings.Join(list, ", "))
	if n := len(list); n < s.Servers {
		text += ", repeated"
	}
	if f := s.Compute.IEDGcyclesPerS; f == (Range{1, 1}) {
		text += "; IEDs: measured"
	} else {
		text += fmt.Sprintf("; IEDs: scaled x %g to %g", f[0], f[1])
	}
	if s.hasCloud() {
		text += "; cloud: " + ratioText(s.Compute.Cloud.GcyclesPerS)
	}
	return text
}

func ratioText(ratio float64) string {
	if ratio == 1 {
		return "measured"
	}
	return fmt.Sprintf("scaled x %g", ratio)
}

func (s *Scenario) validateServices(c *setting.Checker) {
	if !s.HasServices() {
		for k := range s.Tasks.Models {
			m, at := &s.Tasks.Models[k], fmt.Sprintf("tasks.models[%d].", k)
			c.Require(len(m.Levels) == 0, at+"levels", m.Levels, "left out without a service")
			c.Require(m.LeastQuality.IsZero(), at+"least_quality", m.LeastQuality, "left out without a service")
		}
		unused(c, "reward.quality_weight", s.Reward.QualityWeight, false, "a service of the models")
		return
	}
	first := &s.Tasks.Models[0].Service
	rated := true
	for k := range s.Tasks.Models {
		m, at := &s.Tasks.Models[k], fmt.Sprintf("tasks.models[%d].", k)
		if !m.served() {
			c.Expect(false, at+"service", "a value is missing", "a service of every model, or of none")
			continue
		}
		c.Require(m.Service.Device == first.Device, at+"service.device", m.Service.Device, fmt.Sprintf("that of the first model, %q: work is counted in seconds of one device", first.Device))
		if m.Service.validate(c, at+"service.") {
			m.validateLevels(c, at)
			s.validateBatchOf(c, &m.Service)
		}
		rated = rated && len(m.Service.Quality.Frechet) > 0
	}
	unused(c, "reward.quality_weight", s.Reward.QualityWeight, rated, "the quality of every service")
	c.Require(s.Tasks.Arrivals.Process != ArrivalsTrace, "tasks.arrivals.process", s.Tasks.Arrivals.Process, "poisson or markov with services: the work of a task is that of its level, and not of a trace")
	unused(c, "compute.batch.fixed_share", s.Compute.Batch.FixedShare, false, "gcycles: with services a batch takes what the tables say")
}

// validate checks the table, and reports whether its sizes fit.
func (v *Service) validate(c *setting.Checker, at string) bool {
	c.Require(strings.TrimSpace(v.Device) != "" && !strings.ContainsAny(v.Device, "\n\r"), at+"device", v.Device, "the name of the device that was measured, in one line")
	c.Between(at+"load_s", v.LoadS, 0, maxSeconds)
	c.Require(v.ResultBits >= 0 && v.ResultBits <= 1e11, at+"result_bits", v.ResultBits, "0 to 1e11")
	c.Require(ascends(v.Steps, maxSteps), at+"steps", v.Steps, "1 to 64 whole numbers from 1 to 10000, ascending")
	c.Require(ascends(v.Batches, 4096) && v.Batches[0] == 1, at+"batches", v.Batches, "1 to 64 whole numbers from 1 to 4096, ascending, of which the first is 1")
	sized := len(v.Seconds) == len(v.Batches)
	c.Expect(sized, at+"seconds", fmt.Sprintf("%d rows are not allowed", len(v.Seconds)), fmt.Sprintf("a row for each of the %d batches", len(v.Batches)))
	for i, row := range v.Seconds {
		to := fmt.Sprintf("%sseconds[%d]", at, i)
		c.Expect(len(row) == len(v.Steps), to, fmt.Sprintf("%d times are not allowed", len(row)), fmt.Sprintf("one for each of the %d steps", len(v.Steps)))
		sized = sized && len(row) == len(v.Steps)
		for j, t := range row {
			c.Between(fmt.Sprintf("%s[%d]", to, j), t, 1e-9, maxSeconds)
			c.Require(j == 0 || t >= row[j-1], fmt.Sprintf("%s[%d]", to, j), t, "at least the time of fewer steps")
		}
	}
	return v.Quality.validate(c, at+"quality.", len(v.Steps)) && sized && ascends(v.Steps, maxSteps) && ascends(v.Batches, 4096)
}

func (q *Quality) validate(c *setting.Checker, at string, steps int) bool {
	if len(q.Frechet) == 0 {
		unused(c, at+"floor", q.Floor, false, at+"frechet")
		return true
	}
	c.Require(q.Floor > 0 && q.Floor <= 1e9, at+"floor", q.Floor, "a number above 0")
	c.Expect(len(q.Frechet) == steps, at+"frechet", fmt.Sprintf("a list of %d is not allowed", len(q.Frechet)), fmt.Sprintf("one for each of the %d steps", steps))
	for i, d := range q.Frechet {
		c.Require(d > 0 && d <= 1e9, fmt.Sprintf("%sfrechet[%d]", at, i), d, "a number above 0")
	}
	return len(q.Frechet) == steps
}

// ascends reports whether a side of a table is allowed.
func ascends(list []int, most int) bool {
	for i, n := range list {
		if n < 1 || n > most || i > 0 && n <= list[i-1] {
			return false
		}
	}
	return len(list) > 0 && len(list) <= maxTable
}

func (m *Model) validateLevels(c *setting.Checker, at string) {
	known := func(steps int) bool { return slices.Contains(m.Service.Steps, steps) }
	all := !slices.ContainsFunc(m.Levels, func(steps int) bool { return !known(steps) })
	c.Require(all && (len(m.Levels) == 0 || ascends(m.Levels, maxSteps)) && len(m.levels()) <= maxLevels, at+"levels", m.levels(),
		fmt.Sprintf("1 to %d of the steps of the service, %v, ascending; left out: all of them", maxLevels, m.Service.Steps))
	if !all {
		return
	}
	rated := len(m.Service.Quality.Frechet) > 0
	c.Expect(rated || len(m.levels()) == 1, at+"levels", fmt.Sprintf("%v need the quality of the service, which is missing", m.levels()), "one level, or a service with quality")
	if m.LeastQuality.IsZero() {
		return
	}
	c.Interval(at+"least_quality", m.LeastQuality, 0, m.best()) // a task must have a level
}

func (s *Scenario) validateBatchOf(c *setting.Checker, v *Service) {
	most := v.Batches[len(v.Batches)-1]
	c.Require(s.Compute.Batch.Max <= most, "compute.batch.max", s.Compute.Batch.Max, fmt.Sprintf("at most %d, the largest batch that was measured of every service", most))
}

// measured is the model with the numbers of its service in their places, as far as they have one: gcycles from the first level to the
// last, of which one is a step.
func (m Model) measured() Model {
	if !m.served() {
		return m
	}
	v, levels := &m.Service, m.levels()
	m.Gcycles = Range{v.seconds(1, levels[0]), v.seconds(1, levels[len(levels)-1])}
	m.GcyclesPerStep, m.ResultMbit, m.LoadS = m.Gcycles[1], float64(v.ResultBits)/1e6, v.LoadS
	return m
}
