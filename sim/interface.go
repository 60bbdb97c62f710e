package sim

import (
	"fmt"

	"github.com/gmel-go/gmel/sim/feature"
)

// Interface says what an IED observes, number by number in the order of Worlds.Obs, and what its actions are. The scales
// are those of Scenario.Units, if it is set. The scenario must be valid.
func (s *Scenario) Interface() feature.Interface {
	notes := []string{
		"An IED observes at the beginning of a slot and decides for the whole slot.",
		"Candidates are the ESs with the strongest mean gain at the IED, the strongest first.",
		"An ES with several GPUs shows the GPU that is free first.",
	}
	mask := "local is always legal; everything else needs a task"
	if len(s.Hall.CoverageM) > 0 {
		mask += ", and a candidate must cover the IED"
		notes = append(notes, "Of a candidate that does not cover the IED, the gain is its lower bound and every other number is 0.")
	}
	if s.Levels() > 1 {
		mask = "without a task only the first action is legal; with one, a level must have the quality that the task asks for"
		if len(s.Hall.CoverageM) > 0 {
			mask += ", and a candidate must cover the IED"
		}
	}
	return feature.Interface{Observations: s.observations(), Actions: s.actions(), Mask: mask + ".", Notes: notes}
}

func (s *Scenario) actions() (list []feature.Action) {
	for l := range max(1, s.Levels()) {
		for _, a := range s.plainActions() {
			list = append(list, s.atLevel(a, l))
		}
	}
	return list
}

// plainActions are those of a level.
func (s *Scenario) plainActions() []feature.Action {
	list := []feature.Action{{Name: "local", Meaning: "the IED computes the task itself, or has none"}}
	for c := range s.Candidates() {
		list = append(list, feature.Action{Name: candidate(c, ""), Meaning: fmt.Sprintf("the ES that is candidate %d computes the task", c+1)})
	}
	if s.hasCloud() {
		list = append(list, feature.Action{Name: "cloud", Meaning: "the cloud computes the task, over candidate 1"})
	}
	return list
}

// candidate names a number of a candidate c, from 0.
func candidate(c int, part string) string { return fmt.Sprintf("candidate_%d%s", c+1, part) }

// observations lists the parts in the order of Worlds.observe.
func (s *Scenario) observations() []feature.Observation {
	p := &params{A: s.IEDs, M: s.Servers}
	units := s
	if s.Units != nil {
		units = s.Units
	}
	p.setTasks(units)
	p.setArrivals(units)
	p.setSpeeds(units)
	p.perAgent = float32(1 / float64(units.IEDs))
	list := append(s.taskFeatures(p), s.ownFeatures(p)...)
	list = append(list, s.linkFeatures(p)...)
	return append(list, s.optionFeatures(p)...)
}

// scaled is an observation without an offset.
func scaled(name, unit string, scale float32, meaning string) feature.Observation {
	return feature.Observation{Name: name, Meaning: meaning, Unit: unit, Scale: scale}
}

// wait is a time that is cut.
func (p *params) wait(name, meaning string) feature.Observation {
	return scaled(name, "s", p.perWait, meaning).Between(0, p.maxWait/p.perWait).Cut()
}

// taskFeatures describe the task: they are the first TaskSize numbers and the deadline.
func (s *Scenario) taskFeatures(p *params) []feature.Observation {
	list := []feature.Observation{feature.Flag("task", "1 with a task, else 0")}
	for _, m := range s.Tasks.Models {
		list = append(list, feature.Flag("task.model."+m.Name, "1 if the task needs this model"))
	}
	own := &params{}
	own.setTasks(s)
	return append(list,
		scaled("task.data", "Mbit", float32(p.perData*1e6), "data to send; 0 without a task").Between(0, 1e-6/own.perData),
		scaled("task.cycles", "Gcycle", float32(p.perCycle*1e9), "computation; 0 without a task").Between(0, 1e-9/own.perCycle),
		scaled("task.deadline", "s", p.perSecond, "time that is left, from now; 0 without a task").Between(0, own.deadlineMax),
	)
}

// ownFeatures describe the IED.
func (s *Scenario) ownFeatures(p *params) []feature.Observation {
	f := s.Compute.IEDGcyclesPerS
	return []feature.Observation{
		scaled("speed", "Gcycle/s", float32(p.perSpeed*1e9), "speed of the IED's processor").Between(float32(f[0]), float32(f[1])),
		p.wait("compute_backlog", "time until the IED's processor is free"),
		p.wait("radio_backlog", "time until the IED's radio is free"),
	}
}

// linkFeatures describe each candidate.
func (s *Scenario) linkFeatures(p *params) (list []feature.Observation) {
	for c := range s.Candidates() {
		gain := scaled(candidate(c, ".gain"), "dB", 1/gainUnitDB, "channel gain in this slot, fading included")
		gain.Offset = gainZeroDB
		list = append(list, gain.From(gainZeroDB+gainLow*gainUnitDB).Cut(),
			p.wait(candidate(c, ".backlog"), "time until a GPU of the ES is free"),
			scaled(candidate(c, ".senders"), "IEDs", p.perAgent, "IEDs that sent to the ES in the last slot").Between(0, float32(s.IEDs)),
		)
	}
	return list
}

// optionFeatures describe what options of the scenario add, in the order of fittings.
func (s *Scenario) optionFeatures(p *params) (list []feature.Observation) {
	for _, f := range fittings {
		if f.observed != nil {
			list = append(list, f.observed(s, p)...)
		}
	}
	return list
}

// each is an observation of every candidate, whose name is the part after the candidate's.
func (s *Scenario) each(o feature.Observation) (list []feature.Observation) {
	part := o.Name
	for c := range s.Candidates() {
		o.Name = candidate(c, part)
		list = append(list, o)
	}
	return list
}
