package kerneltest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// momentsCase is a convolution whose result a group normalisation reads. Where no bits are promised, a device may add up the statistics in
// the convolution.
type momentsCase struct {
	images, size, channels, filters, groups, stride int64
	mean                                            float32 // of the results of the convolution, whose deviation is about one
	fn                                              kernels.Fn
	adds, film                                      bool
	bench                                           *bench
	norm                                            kernels.Desc
}

// Sizes of several tiles, of images smaller than a tile, of channels and filters that are no whole chunks, and of strips that are not whole.
var momentsCases = []momentsCase{
	{images: 3, size: 16, channels: 8, filters: 32, groups: 4, stride: 1, fn: kernels.FnSiLU, film: true},
	{images: 2, size: 16, channels: 3, filters: 20, groups: 5, stride: 2, fn: kernels.FnReLU},
	{images: 5, size: 8, channels: 16, filters: 72, groups: 3, stride: 1, adds: true, fn: kernels.FnIdentity},
	{images: 2, size: 16, channels: 8, filters: 16, groups: 4, stride: 1, mean: 1000, fn: kernels.FnSiLU},
	{images: 1, size: 32, channels: 4, filters: 8, groups: 1, stride: 1, mean: -3000, fn: kernels.FnIdentity, film: true},
	{images: 2, size: 8, channels: 40, filters: 16, groups: 4, stride: 1, fn: kernels.FnIdentity}, // two blocks of terms
	{images: 2, size: 6, channels: 8, filters: 16, groups: 4, stride: 1, mean: 10, fn: kernels.FnIdentity},
	{images: 2, size: 8, channels: 8, filters: 12, groups: 6, stride: 1, fn: kernels.FnIdentity},
}

// runMoments tests pairs of a convolution and a norm in a precision without promised bits: the norm must be within the bounds of fault, and
// have the same bits with every instruction set.
func runMoments(t *testing.T, name, precision string, isas []string) {
	for i, c := range momentsCases {
		c.place(uint64(i))
		got := c.bench.resultOn(t, name, kernels.Options{ISA: isas[0], Precision: precision})
		if fault := c.fault(got); fault != "" {
			t.Errorf("%s: %s", c.bench.program.String(), fault)
		}
		for _, isa := range isas[1:] {
			c.bench.compare(t, name, kernels.Options{ISA: isa, Precision: precision}, got)
		}
	}
}

// Moments are the pairs, with each function of a norm.
func Moments() (all []Case) {
	for _, fn := range []kernels.Fn{kernels.FnIdentity, kernels.FnReLU, kernels.FnSiLU, kernels.FnGELU} {
		for i, c := range momentsCases {
			c.fn = fn
			c.place(uint64(i))
			all = append(all, Case{fmt.Sprintf("%s with %s", c.bench.program.Name, fn), &c.bench.program, c.bench.arena})
		}
	}
	return all
}

// TrialsOfMoments is a pair with statistics in the convolution, with the backend's own results, which runMoments has checked.
func TrialsOfMoments(t *testing.T, name, precision string) *Trials {
	c := momentsCases[0]
	c.place(0)
	return &Trials{c.bench, c.bench.resultOn(t, name, kernels.Options{Precision: precision})}
}

// place makes the Program and fills its arena.
func (c *momentsCase) place(seed uint64) {
	r := rand.New(rand.NewPCG(seed, 9))
	b := &bench{program: kernels.Program{Name: fmt.Sprintf("moments %d", seed)}}
	put := func(n int64, mean, scale float32) (at int64) {
		at = int64(len(b.arena))
		for range (n + 15) / 16 * 16 {
			b.arena = append(b.arena, mean+scale*float32(r.NormFloat64()))
		}
		return at
	}
	conv := kernels.Desc{Op: kernels.OpConv, Dim: [kernels.MaxDims]int64{c.images, c.size, c.size, c.channels, 3, 3, c.filters, c.stride, c.stride, 1, 1}}
	rows, columns := conv.ConvOutput()
	pixels := rows * columns
	conv.Arg = [kernels.MaxArgs]int64{
		put(c.images*c.size*c.size*c.channels, 0, 1), put(9*c.channels*c.filters, 0, float32(1/math.Sqrt(float64(9*c.channels)))),
		put(c.filters, c.mean, 0.1), put(c.images*pixels*c.filters, 0, 1),
	}
	if c.adds {
		conv.Flags = kernels.FlagAccumulate
	}
	c.norm = kernels.Desc{Op: kernels.OpGroupNorm, Dim: [kernels.MaxDims]int64{c.images, pixels, c.filters, c.groups}, Fn: c.fn}
	c.norm.Scalar[0] = 1e-5
	c.norm.Arg = [kernels.MaxArgs]int64{conv.Arg[3], put(c.filters, 1, 0.2), put(c.filters, 0, 0.2), kernels.Absent}
	if c.film {
		c.norm.Arg[3] = put(2*c.images*c.filters, 0, 0.3)
	}
	c.norm.Arg[4], c.norm.Arg[5] = put(c.images*pixels*c.filters, 0, 0), put(2*c.images*c.groups, 0, 0)
	b.program.Descs = []kernels.Desc{conv, c.norm}
	b.program.Arena = int64(len(b.arena))
	c.bench = b
}

// numbers is argument a of the norm in an arena.
func (c *momentsCase) numbers(arena []float32, a int) []float32 { return arena[c.norm.Arg[a]:] }

// members lists the places of a group of an image in the norm's input.
func (c *momentsCase) members(image, group int64) (list []int64) {
	pixels, width := c.norm.Dim[1], c.filters/c.groups
	for p := range pixels {
		for j := range width {
			list = append(list, (image*pixels+p)*c.filters+group*width+j)
		}
	}
	return list
}

// fault compares the norm with float64, on what its input is in the arena. With u = 2^-24 and M the largest absolute value of a group, the mean
// may be off by 32 u M, and 1/standard deviation by 80 u of it and by what this mean makes of it. A result may be off by what follows
// from that, and by 16 roundings.
func (c *momentsCase) fault(arena []float32) string {
	for image := range c.images {
		for group := range c.groups {
			list := c.members(image, group)
			if fault := c.faultOf(arena, list, image, group); fault != "" {
				return fmt.Sprintf("image %d, group %d: %s", image, group, fault)
			}
		}
	}
	return ""
}

func (c *momentsCase) faultOf(arena []float32, list []int64, image, group int64) string {
	x, u := c.numbers(arena, 0), math.Ldexp(1, -24)
	mean, most, variance, n := 0.0, 0.0, 0.0, float64(len(list))
	for _, i := range list {
		mean, most = mean+float64(x[i])/n, max(most, math.Abs(float64(x[i])))
	}
	for _, i := range list {
		variance += (float64(x[i]) - mean) * (float64(x[i]) - mean) / n
	}
	variance += float64(c.norm.Scalar[0])
	rstd, off := 1/math.Sqrt(variance), 32*u*most
	apart := 80*u + off*off/variance
	stats := c.numbers(arena, 5)[2*(image*c.groups+group):]
	if d := math.Abs(float64(stats[0]) - mean); !(d <= off) {
		return fmt.Sprintf("the mean is %g, want %g within %g", stats[0], mean, off)
	}
	if d := math.Abs(float64(stats[1])/rstd - 1); !(d <= apart) {
		return fmt.Sprintf("1 / standard deviation is %g, want %g within %g of it", stats[1], rstd, apart)
	}
	for _, i := range list {
		scale, shift := c.filmOf(arena, image, i%c.filters)
		a := float64(c.numbers(arena, 1)[i%c.filters]) * rstd * scale
		b := float64(c.numbers(arena, 2)[i%c.filters])*scale + shift
		d := float64(x[i]) - mean
		want, got := applied(c.fn, d*a+b), float64(c.numbers(arena, 4)[i])
		bound := 1.2 * (math.Abs(a)*off + (apart+16*u)*math.Abs(d*a) + 16*u*(math.Abs(b)+1))
		if !(math.Abs(got-want) <= bound) {
			return fmt.Sprintf("result %d is %g, want %g within %g", i, got, want, bound)
		}
	}
	return ""
}

// filmOf is the scale and the shift of a channel.
func (c *momentsCase) filmOf(arena []float32, image, channel int64) (scale, shift float64) {
	if !c.film {
		return 1, 0
	}
	film := c.numbers(arena, 3)[2*image*c.filters:]
	return 1 + float64(film[channel]), float64(film[c.filters+channel])
}

// applied is f(z) in float64.
func applied(f kernels.Fn, z float64) float64 {
	switch f {
	case kernels.FnReLU:
		return max(z, 0)
	case kernels.FnSiLU:
		return z / (1 + math.Exp(-z))
	}
	return z
}
