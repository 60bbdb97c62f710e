package export

import (
	"fmt"
	"math"

	"github.com/gmel-go/gmel/internal/onnx"
	"github.com/gmel-go/gmel/marl/actor"
)

// network is the policy as a model of ONNX: the observation as the game has it in, the action out. All rows of a batch are
// separate agents.
func network(p *actor.Policy) *onnx.Model {
	c := &p.Contract
	inputs, outputs := len(p.Mean), len(c.Interface.Actions)
	m := &onnx.Model{
		Producer: "gmel", Doc: fmt.Sprintf("The policy of %s after %d updates of training. contract.json says what its numbers mean.", c.Algorithm, c.Checkpoint.Update),
		Metadata: map[string]string{"format": c.Format, "name": c.Name, "checkpoint_sha256": c.Checkpoint.SHA256},
	}
	m.Name = "policy"
	m.Inputs = []onnx.Value{
		{Name: "observation", Doc: "as contract.json has it, not normalised", Type: onnx.Float32, Shape: []any{"batch", inputs}},
		{Name: "mask", Doc: "true for legal actions", Type: onnx.Bool, Shape: []any{"batch", outputs}},
	}
	m.Outputs = []onnx.Value{
		{Name: "action", Doc: c.Decision.Rule, Type: onnx.Int64, Shape: []any{"batch"}},
		{Name: "logits", Doc: c.Decision.Outputs + ", of illegal actions, too", Type: onnx.Float32, Shape: []any{"batch", outputs}},
	}
	g := &graph{Model: m}
	g.normalise(p)
	for i := range p.Layers {
		g.layer(p, i)
	}
	g.decide()
	return m
}

// graph is a model to which nodes are added.
type graph struct{ *onnx.Model }

// normalise adds clip((observation - mean) scale, -c, c).
func (g *graph) normalise(p *actor.Policy) {
	clip := p.Contract.Network.Clip
	g.Constant("normaliser.mean", p.Mean, len(p.Mean))
	g.Constant("normaliser.scale", p.Scale, len(p.Scale))
	g.Constant("low", []float32{-clip})
	g.Constant("high", []float32{clip})
	g.Add("Sub", "centred", "observation", "normaliser.mean")
	g.Add("Mul", "scaled", "centred", "normaliser.scale")
	g.Add("Clip", input(0), "scaled", "low", "high")
}

// input is the name of the value that layer i reads.
func input(i int) string { return fmt.Sprintf("input_%d", i) }

func (g *graph) layer(p *actor.Policy, i int) {
	l := &p.Layers[i]
	weight, bias := fmt.Sprintf("actor.%d.weight", 2*i), fmt.Sprintf("actor.%d.bias", 2*i)
	g.Constant(weight, l.Weight, l.Out(), l.In())
	g.Constant(bias, l.Bias, l.Out())
	last := i+1 == len(p.Layers)
	to := fmt.Sprintf("sum_%d", i)
	if last {
		to = "logits"
	}
	g.Add("Gemm", to, input(i), weight, bias).Attributes = map[string]any{"transB": 1}
	if !last {
		g.Add("LeakyRelu", input(i+1), to).Attributes = map[string]any{"alpha": p.Contract.Network.Slope}
	}
}

// decide adds the decision rule.
func (g *graph) decide() {
	g.Constant("never", []float32{float32(math.Inf(-1))})
	g.Add("Where", "legal", "mask", "logits", "never")
	g.Add("ArgMax", "action", "legal").Attributes = map[string]any{"axis": 1, "keepdims": 0}
}
