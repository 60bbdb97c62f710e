package actor

import (
	"encoding/json"
	"fmt"

	"github.com/gmel-go/gmel/sim/feature"
)

// Format is the name of the format of a contract, and Version the number of its version.
const (
	Format  = "gmel-policy"
	Version = 1
)

// Contract says how a policy is used, and what it was trained for.
type Contract struct {
	Format    string `json:"format"`
	Version   int    `json:"version"`
	Name      string `json:"name"` // of the run
	Algorithm string `json:"algorithm"`

	Game      Game              `json:"game"`
	Interface feature.Interface `json:"interface"` // what the policy observes and does
	Decision  Decision          `json:"decision"`
	Network   Network           `json:"network"`

	Checkpoint Checkpoint        `json:"checkpoint"`
	Versions   map[string]string `json:"versions"` // of the program that exported it
}

// Game is what the policy was trained in.
type Game struct {
	Name     string          `json:"name"` // edge, or spread for simple_spread
	Agents   int             `json:"agents"`
	SlotS    float64         `json:"slot_s"` // time between decisions in s
	Slots    int             `json:"slots"`  // of an episode
	Scenario json.RawMessage `json:"scenario"`
	Files    []File          `json:"files"` // that the scenario names, without their content
}

// File is a file that a setting of the scenario names.
type File struct {
	Setting string `json:"setting"`
	Name    string `json:"name"`
	SHA256  string `json:"sha256"`
}

// Decision says how an agent decides by the outputs of the network.
type Decision struct {
	Outputs string `json:"outputs"` // OutputLogits or OutputAdvantages
	Rule    string `json:"rule"`    // DecisionRule
	Turns   int    `json:"turns"`   // R: agent i decides in turn i mod R of a slot; 0: all decide at once
}

// What the outputs of a network are.
const (
	OutputLogits     = "logits"     // the policy is their softmax over the legal actions
	OutputAdvantages = "advantages" // the value of each action, up to a number that all actions share
)

// DecisionRule is the value of Decision.Rule.
const DecisionRule = "the legal action of the largest output; of equal ones the first"

// Network is the shape of the network; see the package comment.
type Network struct {
	Widths     []int   `json:"widths"`     // O, those of the hidden layers, U
	Activation string  `json:"activation"` // LeakyReLU
	Slope      float32 `json:"slope"`      // of the activation for negative numbers
	Clip       float32 `json:"clip"`       // bound of a normalised observation
}

// LeakyReLU is the value of Network.Activation.
const LeakyReLU = "leaky_relu"

func (n *Network) inputs() int { return n.Widths[0] }

// Checkpoint says from which file the policy comes.
type Checkpoint struct {
	Update int    `json:"update"` // of training
	SHA256 string `json:"sha256"` // of the file
	Seed   uint64 `json:"seed"`   // of the run
}

// Check reports the first thing that is wrong with a contract.
func (c *Contract) Check() error {
	if c.Format != Format || c.Version != Version {
		return fmt.Errorf("format %q, version %d, is not %q, version %d, which this program reads", c.Format, c.Version, Format, Version)
	}
	n, o, u := &c.Network, len(c.Interface.Observations), len(c.Interface.Actions)
	if len(n.Widths) < 2 || n.Widths[0] != o || n.Widths[len(n.Widths)-1] != u || o == 0 || u == 0 {
		return fmt.Errorf("network.widths is %v; it must begin with %d, the number of observations, and end with %d, that of actions", n.Widths, o, u)
	}
	for _, w := range n.Widths {
		if w < 1 || w > mostWidth {
			return fmt.Errorf("network.widths has %d; allowed: 1 to %d", w, mostWidth)
		}
	}
	if c.Decision.Outputs != OutputLogits && c.Decision.Outputs != OutputAdvantages {
		return fmt.Errorf("decision.outputs is %q; allowed: %q, %q", c.Decision.Outputs, OutputLogits, OutputAdvantages)
	}
	if c.Decision.Rule != DecisionRule {
		return fmt.Errorf("decision.rule is %q; the only one is %q", c.Decision.Rule, DecisionRule)
	}
	if c.Decision.Turns < 0 {
		return fmt.Errorf("decision.turns is %d; allowed: 0 or more", c.Decision.Turns)
	}
	if n.Activation != LeakyReLU {
		return fmt.Errorf("network.activation is %q; the only one is %q", n.Activation, LeakyReLU)
	}
	if !(n.Slope >= 0 && n.Slope <= 1) || !(n.Clip > 0) {
		return fmt.Errorf("network.slope is %g and network.clip %g; allowed: a slope from 0 to 1 and a positive clip", n.Slope, n.Clip)
	}
	return nil
}

// mostWidth of a layer bounds what a damaged contract can ask for.
const mostWidth = 1 << 20

// Text is the contract as the content of ContractFile.
func (c *Contract) Text() ([]byte, error) {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("actor: the contract: %w", err)
	}
	return append(text, '\n'), nil
}
