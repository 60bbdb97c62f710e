package diffusion

import "math"

// torchNormals are the normal variables that torch.randn draws on a CPU for a multiple of 16 elements in float32: a Mersenne
// Twister (Matsumoto and Nishimura 1998), uniforms of 24 bits, and Box-Muller in blocks of 8 and 8.
type torchNormals struct {
	state [624]uint32
	next  int
}

func newTorchNormals(seed uint32) *torchNormals {
	g := &torchNormals{next: 624}
	g.state[0] = seed
	for i := 1; i < len(g.state); i++ {
		before := g.state[i-1]
		g.state[i] = 1812433253*(before^before>>30) + uint32(i)
	}
	return g
}

func (g *torchNormals) word() uint32 {
	if g.next == len(g.state) {
		for i := range g.state {
			y := g.state[i]&0x80000000 | g.state[(i+1)%624]&0x7fffffff
			g.state[i] = g.state[(i+397)%624] ^ y>>1 ^ (y&1)*0x9908b0df
		}
		g.next = 0
	}
	y := g.state[g.next]
	g.next++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

// draw returns n normal variables, n a multiple of 16.
func (g *torchNormals) draw(n int) []float64 {
	u := make([]float64, n)
	for i := range u {
		u[i] = float64(g.word()&0xffffff) / (1 << 24)
	}
	for b := 0; b < n; b += 16 {
		for i := b; i < b+8; i++ {
			radius, turn := math.Sqrt(-2*math.Log(1-u[i])), 2*math.Pi*u[i+8]
			u[i], u[i+8] = radius*math.Cos(turn), radius*math.Sin(turn)
		}
	}
	return u
}
