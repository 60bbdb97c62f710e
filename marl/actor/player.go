package actor

import "fmt"

// Player plays a Policy: it allocates nothing for a decision. Its outputs have the bits that package kernels/ref gives the
// network of the training engine, on every processor. A Player is for one goroutine at a time; several may play one Policy,
// which they only read.
type Player struct {
	mean, scale []float32 // [O]
	clip        float32
	layers      []dense
	in, out     []float32 // of a layer, as wide as the widest
	block       []float32
	outputs     []float32 // [U]
}

// NewPlayer returns a Player of a policy that [Policy.Check] accepts. Later changes of the policy do not reach it.
func NewPlayer(p *Policy) *Player {
	n := &p.Contract.Network
	x := &Player{mean: p.Mean, scale: p.Scale, clip: n.Clip, outputs: make([]float32, n.Widths[len(n.Widths)-1])}
	widest := n.inputs()
	for i, l := range p.Layers {
		slope := n.Slope
		if i+1 == len(p.Layers) {
			slope = 1
		}
		x.layers = append(x.layers, newDense(l, slope))
		widest = max(widest, l.Out())
	}
	x.in, x.out, x.block = make([]float32, widest), make([]float32, widest), make([]float32, widest)
	return x
}

// Outputs writes the outputs [N, U] of the network for observations [N, O]. It panics if the lengths contradict each other.
func (p *Player) Outputs(obs, outputs []float32) {
	o, u := len(p.mean), len(p.outputs)
	p.checkRows(len(obs)/o, obs, len(outputs), "outputs")
	for i := range len(obs) / o {
		p.forward(obs[i*o:(i+1)*o], outputs[i*u:(i+1)*u])
	}
}

// Act returns the action for an observation [O]: the legal one of the largest output, the first of equal ones. The mask [U] is
// true for legal actions; nil allows all. Without a legal action, and for an observation with NaN, it returns 0. It panics
// if obs or mask has another length.
func (p *Player) Act(obs []float32, mask []bool) int {
	p.checkRows(1, obs, maskLen(mask, len(p.outputs)), "mask")
	p.forward(obs, p.outputs)
	return Choose(p.outputs, mask)
}

// ActAll writes the actions [N] for observations [N, O] and masks [N, U]; nil allows all actions. It panics if the lengths
// contradict each other.
func (p *Player) ActAll(obs []float32, mask []bool, actions []int32) {
	o, u := len(p.mean), len(p.outputs)
	p.checkRows(len(actions), obs, maskLen(mask, len(actions)*u), "mask")
	for i := range actions {
		own := mask
		if mask != nil {
			own = mask[i*u : (i+1)*u]
		}
		p.forward(obs[i*o:(i+1)*o], p.outputs)
		actions[i] = int32(Choose(p.outputs, own))
	}
}

// maskLen is the length of a mask, where none has the length that it should have.
func maskLen(mask []bool, want int) int {
	if mask == nil {
		return want
	}
	return len(mask)
}

// checkRows panics if observations do not have this number of rows, or something else does not have U numbers for each.
func (p *Player) checkRows(rows int, obs []float32, other int, name string) {
	o, u := len(p.mean), len(p.outputs)
	if len(obs) != rows*o || other != rows*u {
		panic(fmt.Sprintf("actor: obs has %d numbers and %s %d; the policy has %d and %d for each of %d decisions", len(obs), name, other, o, u, rows))
	}
}

// forward writes the outputs [U] for one observation [O].
func (p *Player) forward(obs, outputs []float32) {
	x, next := p.in[:len(obs)], p.out
	p.normalise(obs, x)
	for i := range p.layers {
		d := &p.layers[i]
		y := next[:len(d.bias)]
		d.apply(x, y, p.block)
		x, next = y, x[:cap(x)]
	}
	copy(outputs, x)
}

// normalise writes clip((obs - mean) scale).
func (p *Player) normalise(obs, x []float32) {
	for j, v := range obs {
		v = float32(v-p.mean[j]) * p.scale[j]
		if v < -p.clip {
			v = -p.clip
		}
		if v > p.clip {
			v = p.clip
		}
		x[j] = v
	}
}

// Choose returns the action of a policy with these outputs [U]: the legal one of the largest output, the first of equal ones, 0 if
// none is legal or an output is NaN. The mask is as for [Player.Act].
func Choose(outputs []float32, mask []bool) int {
	best := -1
	for j, v := range outputs {
		if v != v {
			return 0
		}
		if (mask == nil || mask[j]) && (best < 0 || v > outputs[best]) {
			best = j
		}
	}
	return max(best, 0)
}
