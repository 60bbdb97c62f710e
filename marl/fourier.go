package marl

import (
	"math"
	"math/rand/v2"

	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// ServerTable has the fixed vectors of servers in the arena, for server_embedding "fourier".
type ServerTable struct {
	net *Net
	phi *nn.Param // [M+1, 8]
}

// NewServerTable places the table; nil unless the settings ask for it.
func (w *Workshop) NewServerTable(c *ServerConfig) *ServerTable {
	if c.ServerEmbedding != EmbeddingFourier {
		return nil
	}
	p := nn.NewParams("server_table")
	draw := func(dst []float32, rng *rand.Rand) { copy(dst, fourierFeatures(w.ServerPositions, rng)) }
	phi := p.Matrix("phi", w.Sizes.Servers+1, embeddingWidth, nn.Drawn("fourier", draw))
	return &ServerTable{w.Fix("server_table", p), phi}
}

// Inputs are the inputs of a critic for servers [B*A, C] of the candidates, None if it is not told. t may be nil.
func (t *ServerTable) Inputs(f *nn.Fragment, servers machine.Tensor) ServerInputs {
	if t == nil {
		return t.inputsAt(f, nil, servers)
	}
	return t.inputsAt(f, t.net.Placed, servers)
}

// inputsAt is Inputs for a table at another place; nil if t is nil.
func (t *ServerTable) inputsAt(f *nn.Fragment, at *nn.Placed, servers machine.Tensor) (in ServerInputs) {
	if servers != machine.None {
		in.Servers = f.Input(servers)
	}
	if at != nil {
		in.Table = f.Bind(at.Params(), at).Node(t.phi)
	}
	return in
}

// fourierFeatures are the vectors of servers by their positions in m, [M+1, 8]; the last row, for no server, is 0.
//
//	phi(p) = [cos w_k . p ; sin w_k . p] / 2,  k = 1 to 4,  w_k from N(0, 1/l^2)
//
// They have length 1, and phi(p) . phi(p') is an estimate of exp(-|p - p'|^2 / (2 l^2)) (Rahimi & Recht, "Random features
// for large-scale kernel machines", NeurIPS 2007). l is half of the mean distance to the nearest other server, so that
// neighbours are about orthogonal: exp(-2) = .14.
func fourierFeatures(positions [][2]float32, rng *rand.Rand) []float32 {
	const frequencies = embeddingWidth / 2
	scale := nearestOther(positions) / 2
	var w [frequencies][2]float64
	for k := range w {
		w[k] = [2]float64{rng.NormFloat64() / scale, rng.NormFloat64() / scale}
	}
	phi := make([]float32, (len(positions)+1)*embeddingWidth)
	for m, p := range positions {
		for k := range w {
			sin, cos := math.Sincos(w[k][0]*float64(p[0]) + w[k][1]*float64(p[1]))
			phi[m*embeddingWidth+k], phi[m*embeddingWidth+frequencies+k] = float32(cos/2), float32(sin/2)
		}
	}
	return phi
}

// nearestOther is the mean distance to the nearest other server at another place, 1 m if there is none.
func nearestOther(positions [][2]float32) float64 {
	sum, n := 0.0, 0.0
	for m, p := range positions {
		nearest := math.Inf(1)
		for j, q := range positions {
			if d := math.Hypot(float64(p[0]-q[0]), float64(p[1]-q[1])); j != m && d > 0 {
				nearest = min(nearest, d)
			}
		}
		if !math.IsInf(nearest, 1) {
			sum, n = sum+nearest, n+1
		}
	}
	if n == 0 {
		return 1
	}
	return sum / n
}
