package unet

import (
	"fmt"
	"math"
	"slices"

	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/op"
)

// Model is a network by its layers and parameters. It has no memory of its own: [nn.Params.Place] gives it.
type Model struct {
	config Config
	params *nn.Params

	time    [2]*nn.Linear
	class   *nn.Embedding // nil without classes
	augment *nn.Linear    // without bias; nil if the network is told nothing of augmentation
	in, out *nn.Conv
	outNorm *nn.GroupNorm
	down    []stage
	middle  stage
	up      []stage // from the smallest level
	blocks  int
}

// stage is the residual blocks of a level, each with its attention if there is any, and the convolution to the next level.
type stage struct {
	blocks     []*residual
	attentions []*attention // as many as blocks, or none; in the middle one less
	resample   *nn.Conv     // nil at the last level
}

// New returns the network of a valid Config. The last convolution of every block and of the network begin as zero, so
// that an untrained network gives zeros; the rest begins as in PyTorch.
func New(name string, c Config) (*Model, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c.Size, c.Levels = slices.Clone(c.Size), slices.Clone(c.Levels)
	b := &builder{Config: &c, p: nn.NewParams(name)}
	first, last := c.Levels[0].Channels, c.Levels[len(c.Levels)-1].Channels
	m := &Model{config: c, params: b.p}
	m.in = b.conv("conv_in", c.Inputs, first, 1, nn.KaimingUniform)
	m.time[0] = b.linear("time_embedding.linear_1", first, c.TimeWidth, op.SiLU, nn.KaimingUniform)
	m.time[1] = b.linear("time_embedding.linear_2", c.TimeWidth, c.TimeWidth, op.Identity, nn.KaimingUniform)
	if c.Classes > 0 {
		m.class = nn.NewEmbedding(b.p, "class_embedding", c.Classes, c.TimeWidth, nn.Normal(1))
	}
	if c.Augment > 0 {
		m.augment = nn.NewLinearNoBias(b.p, augmentEmbedding, c.Augment, c.TimeWidth, op.Identity, nn.KaimingUniform)
	}
	skips := m.addDown(b)
	m.middle.blocks = []*residual{b.residual("mid_block.resnets.0", last, last)}
	if c.Middle {
		m.middle.attentions = []*attention{b.attention("mid_block.attentions.0", last)}
	}
	m.middle.blocks = append(m.middle.blocks, b.residual("mid_block.resnets.1", last, last))
	m.addUp(b, skips)
	m.outNorm = b.norm("conv_norm_out", first, op.SiLU)
	m.out = b.conv("conv_out", first, c.Outputs, 1, nn.Zeros)
	m.blocks = b.blocks
	return m, nil
}

// addDown adds the way down and returns the channels of the features that it keeps for the way up.
func (m *Model) addDown(b *builder) (skips []int) {
	at := b.Levels[0].Channels
	skips = []int{at}
	for i, l := range b.Levels {
		var s stage
		name := fmt.Sprintf("down_blocks.%d", i)
		for j := range b.Blocks {
			s.add(b, name, j, at, l)
			at = l.Channels
			skips = append(skips, at)
		}
		if i < len(b.Levels)-1 {
			s.resample = b.conv(name+".downsamplers.0.conv", at, at, 2, nn.KaimingUniform)
			skips = append(skips, at)
		}
		m.down = append(m.down, s)
	}
	return skips
}

// addUp adds the way up, whose blocks also read the kept features, the last ones first.
func (m *Model) addUp(b *builder, skips []int) {
	at := b.Levels[len(b.Levels)-1].Channels
	for i := range b.Levels {
		var s stage
		l, name := b.Levels[len(b.Levels)-1-i], fmt.Sprintf("up_blocks.%d", i)
		for j := range b.Blocks + 1 {
			last := len(skips) - 1
			s.add(b, name, j, at+skips[last], l)
			at, skips = l.Channels, skips[:last]
		}
		if i < len(b.Levels)-1 {
			s.resample = b.conv(name+".upsamplers.0.conv", at, at, 1, nn.KaimingUniform)
		}
		m.up = append(m.up, s)
	}
}

func (s *stage) add(b *builder, name string, j, in int, l Level) {
	s.blocks = append(s.blocks, b.residual(fmt.Sprintf("%s.resnets.%d", name, j), in, l.Channels))
	if l.Attention {
		s.attentions = append(s.attentions, b.attention(fmt.Sprintf("%s.attentions.%d", name, j), l.Channels))
	}
}

// Config returns the description of the network.
func (m *Model) Config() Config { return m.config }

// ClassTable is the embedding of the classes, [Classes, TimeWidth], a row for each; nil for a network without classes.
func (m *Model) ClassTable() *nn.Param {
	if m.class == nil {
		return nil
	}
	return m.class.Table
}

// Params returns its parameters.
func (m *Model) Params() *nn.Params { return m.params }

// Count is the number of its parameters, without the gaps between them.
func (m *Model) Count() int {
	total := 0
	for _, q := range m.params.List() {
		n := 1
		for _, d := range q.Shape() {
			n *= d
		}
		total += n
	}
	return total
}

// Streams is the number of streams of random numbers that dropout takes.
func (m *Model) Streams() int { return m.blocks }

// Input is what the network reads. Dropout is nil where nothing is dropped, as in sampling.
type Input struct {
	X       *nn.Node // [B,Y,X,Inputs] or [B,T,Inputs]
	Time    *nn.Node // [B]
	Class   *nn.Node // [B], whole numbers below Classes; nil without classes
	Augment *nn.Node // [B,Augment], zeros for what was not done (EDM, arXiv 2206.00364, appendix F.2); nil where nothing was, as in sampling
	Dropout *Dropout
}

// Dropout says where the masks of an evaluation come from: see op.Dropout. Equal counters give equal masks. Block i of the
// network takes stream First + i.
type Dropout struct {
	P       float32
	Counter *nn.Node // [2]
	Seed    uint64
	First   uint32
	Before  int // samples of the batch before X, which is a part of it; see op.Mask
}

func (d *Dropout) apply(x *nn.Node, block int) *nn.Node {
	if d == nil {
		return x
	}
	return op.Dropout(x, d.Counter, op.Mask{P: d.P, Seed: d.Seed, Stream: d.First + uint32(block), Before: d.Before})
}

// Apply returns y[B,...,Outputs]. It panics if a shape does not fit.
func (m *Model) Apply(bd *nn.Bound, in Input) *nn.Node {
	m.check(in)
	return m.apply(bd, in.X, m.tell(bd, in), in.Dropout)
}

func (m *Model) apply(bd *nn.Bound, x *nn.Node, say told, drop *Dropout) *nn.Node {
	h, kept, _ := m.encode(bd, x, say, drop)
	for _, s := range m.up {
		for j := range s.blocks {
			last := len(kept) - 1
			h = s.step(bd, j, op.Concat(h, kept[last]), say, drop)
			kept = kept[:last]
		}
		if s.resample != nil {
			h = s.resample.Apply(bd, twice(h))
		}
	}
	return m.out.Apply(bd, m.outNorm.Apply(bd, h, nil))
}

// encode is the way down and the middle: its output, what is kept for the way up, and what each level puts out, the middle
// last.
func (m *Model) encode(bd *nn.Bound, x *nn.Node, say told, drop *Dropout) (h *nn.Node, kept, ends []*nn.Node) {
	h = m.in.Apply(bd, x)
	kept = []*nn.Node{h}
	for _, s := range m.down {
		for j := range s.blocks {
			h = s.step(bd, j, h, say, drop)
			kept = append(kept, h)
		}
		ends = append(ends, h)
		if s.resample != nil {
			h = s.resample.Apply(bd, h)
			kept = append(kept, h)
		}
	}
	for j := range m.middle.blocks {
		h = m.middle.step(bd, j, h, say, drop)
	}
	return h, kept, append(ends, h)
}

// step is block j and its attention.
func (s *stage) step(bd *nn.Bound, j int, x *nn.Node, say told, drop *Dropout) *nn.Node {
	x = s.blocks[j].apply(bd, x, say, drop)
	if j < len(s.attentions) {
		x = s.attentions[j].apply(bd, x)
	}
	return x
}

// embedding is silu of the embedding of time, by two layers, plus those of the class and of the augmentation: [B,TimeWidth].
// Every block projects it.
func (m *Model) embedding(bd *nn.Bound, in Input) *nn.Node {
	half := m.config.Levels[0].Channels / 2
	// Frequency i is 10000^(-i/(half-shift)) = period^(-i/half).
	period := math.Pow(10000, float64(half)/(float64(half)-m.config.FreqShift))
	e := m.time[1].Apply(bd, m.time[0].Apply(bd, op.TimeEmbedding(in.Time, half, period)))
	if m.class != nil {
		e = op.Add(e, m.class.Apply(bd, in.Class))
	}
	if in.Augment != nil {
		e = op.Add(e, m.augment.Apply(bd, in.Augment))
	}
	return op.Apply(e, op.SiLU)
}

func (m *Model) check(in Input) {
	if s := in.X.Shape(); !slices.Equal(s, m.shape(s[0], m.config.Inputs)) {
		panic(fmt.Sprintf("unet: x has shape %v, must be %v", []int(s), m.shape(s[0], m.config.Inputs)))
	}
	if (m.class == nil) != (in.Class == nil) {
		panic(fmt.Sprintf("unet: %d classes, but the input has a class: %t", m.config.Classes, in.Class != nil))
	}
	if in.Augment != nil && m.augment == nil {
		panic("unet: the input has an augmentation, of which the network is told nothing")
	}
}
