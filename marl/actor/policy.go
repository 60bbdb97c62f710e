package actor

import (
	"fmt"

	"github.com/gmel-go/gmel/internal/safetensors"
)

// Files of a policy folder that a program needs to play the policy.
const (
	ContractFile = "contract.json"
	WeightsFile  = "policy.safetensors"
)

// Policy is a trained policy.
type Policy struct {
	Contract Contract
	Mean     []float32 // [O] of the normaliser
	Scale    []float32 // [O] 1 / deviation
	Layers   []Layer   // from the observation to the outputs; all but the last have the activation
}

// Layer is a fully connected layer W x + b.
type Layer struct {
	Weight []float32 // [out, in], row-major
	Bias   []float32 // [out]
}

// Out is the number of outputs.
func (l *Layer) Out() int { return len(l.Bias) }

// In is the number of inputs.
func (l *Layer) In() int { return len(l.Weight) / len(l.Bias) }

// Names of tensors in WeightsFile: those of the normaliser, and those of layer i as torch.nn.Sequential has them with an
// activation after each layer but the last.
const (
	meanName  = "normaliser.mean"
	scaleName = "normaliser.scale"
)

func weightName(layer int) string { return fmt.Sprintf("actor.%d.weight", 2*layer) }
func biasName(layer int) string   { return fmt.Sprintf("actor.%d.bias", 2*layer) }

// Tensors are the numbers of the policy by their names in WeightsFile.
func (p *Policy) Tensors() map[string]safetensors.Tensor {
	vector := func(x []float32) safetensors.Tensor { return safetensors.Tensor{Shape: []int{len(x)}, Data: x} }
	all := map[string]safetensors.Tensor{meanName: vector(p.Mean), scaleName: vector(p.Scale)}
	for i, l := range p.Layers {
		all[weightName(i)] = safetensors.Tensor{Shape: []int{l.Out(), l.In()}, Data: l.Weight}
		all[biasName(i)] = vector(l.Bias)
	}
	return all
}

// Check reports the first contradiction between the contract and the numbers.
func (p *Policy) Check() error {
	if err := p.Contract.Check(); err != nil {
		return err
	}
	n := &p.Contract.Network
	if len(p.Mean) != n.inputs() || len(p.Scale) != n.inputs() || len(p.Layers) != len(n.Widths)-1 {
		return fmt.Errorf("the normaliser has %d and %d numbers and the network %d layers; the contract has the widths %v", len(p.Mean), len(p.Scale), len(p.Layers), n.Widths)
	}
	for i, l := range p.Layers {
		in, out := n.Widths[i], n.Widths[i+1]
		if len(l.Bias) != out || len(l.Weight) != in*out {
			return fmt.Errorf("layer %d has %d weights and %d biases; the contract says %d x %d and %d", i, len(l.Weight), len(l.Bias), out, in, out)
		}
	}
	return nil
}
