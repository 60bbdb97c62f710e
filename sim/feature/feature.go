// Package feature says what the numbers of an observation and the actions of a game mean: names, units, scales and
// bounds. A program that has measurements instead of a simulated world builds the observation of a policy from it. The
// package needs the standard library only.
package feature

// Interface is what an agent observes and what it can do.
type Interface struct {
	Observations []Observation `json:"observations"` // in the order of an observation
	Actions      []Action      `json:"actions"`      // in the order of their numbers, from 0
	Mask         string        `json:"mask"`         // the rule for legal actions
	Notes        []string      `json:"notes"`        // what else holds of all observations
}

// Observation is one number of an observation. A quantity x in Unit is observed as
//
//	(x - Offset) Scale
//
// Low and High are the bounds of x in the scenario of training, nil for none. If Clipped, x is cut to them first.
type Observation struct {
	Name    string   `json:"name"`
	Meaning string   `json:"meaning"`
	Unit    string   `json:"unit"` // "1" for a pure number
	Offset  float32  `json:"offset"`
	Scale   float32  `json:"scale"`
	Low     *float32 `json:"low"`
	High    *float32 `json:"high"`
	Clipped bool     `json:"clipped"`
}

// Action is a decision of an agent.
type Action struct {
	Name    string `json:"name"`
	Meaning string `json:"meaning"`
}

// Flag is an observation that is 0 or 1.
func Flag(name, meaning string) Observation {
	return Observation{Name: name, Meaning: meaning, Unit: "1", Scale: 1}.Between(0, 1)
}

// Between returns the observation with bounds.
func (o Observation) Between(low, high float32) Observation {
	o.Low, o.High = &low, &high
	return o
}

// From returns the observation with a lower bound only.
func (o Observation) From(low float32) Observation {
	o.Low, o.High = &low, nil
	return o
}

// Cut returns the observation as one that is cut to its bounds.
func (o Observation) Cut() Observation {
	o.Clipped = true
	return o
}

// Observed is the number for the quantity x, in float32 arithmetic.
func (o *Observation) Observed(x float32) float32 {
	if o.Clipped && o.Low != nil {
		x = max(x, *o.Low)
	}
	if o.Clipped && o.High != nil {
		x = min(x, *o.High)
	}
	return (x - o.Offset) * o.Scale
}
