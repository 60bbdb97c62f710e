package unet

import (
	"fmt"
	"math"

	"github.com/gmel-go/gmel/internal/onnx"
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
)

// Denoiser is the network with the parameters flat as a model of ONNX, with the precondition of EDM (arXiv 2206.00364, equation 7 and
// table 1) for data of the standard deviation std:
//
//	denoised = skip x + out F(in x; ln(sigma) / 4)
//
// Its inputs are x [batch, channels, ...], channels first as in PyTorch, sigma [batch] and, if the network has classes, class [batch].
// Nothing is dropped, and no sample is augmented. It fails if F does not put out as many channels as it reads.
func (m *Model) Denoiser(flat []float32, std float32) (*onnx.Model, error) {
	c := &m.config
	if c.Inputs != c.Outputs {
		return nil, fmt.Errorf("unet: the network reads %d channels and puts out %d, so its output is no denoised sample", c.Inputs, c.Outputs)
	}
	d := &drawing{Model: &onnx.Model{Producer: "gmel"}, m: m}
	d.Name = "denoiser"
	for name, t := range m.tensors(flat) {
		d.Constant(name, t.Data, t.Shape...)
	}
	sortConstants(d.Constants)
	shape := append([]any{"batch", c.Inputs}, sizes(c.Size)...)
	d.Inputs = []onnx.Value{
		{Name: "x", Doc: "a noisy sample", Type: onnx.Float32, Shape: shape},
		{Name: "sigma", Doc: "the standard deviation of its noise", Type: onnx.Float32, Shape: []any{"batch"}},
	}
	if m.class != nil {
		doc := fmt.Sprintf("0 to %d; %d stands for none", c.Classes-2, c.Classes-1)
		d.Inputs = append(d.Inputs, onnx.Value{Name: "class", Doc: doc, Type: onnx.Int64, Shape: []any{"batch"}})
	}
	d.Outputs = []onnx.Value{{Name: "denoised", Type: onnx.Float32, Shape: shape}}
	d.denoise(std)
	return d.Model, nil
}

// drawing is a model of ONNX to which layers are added.
type drawing struct {
	*onnx.Model
	m     *Model
	count int // of names
}

// picture is a value [batch, channels, size...].
type picture struct {
	name     string
	channels int
	size     []int
}

func (p picture) pixels() int {
	n := 1
	for _, d := range p.size {
		n *= d
	}
	return n
}

// name is a new name for a value or a constant.
func (d *drawing) name() string {
	d.count++
	return fmt.Sprintf("v%d", d.count)
}

// op adds a node and returns its output.
func (d *drawing) op(op string, inputs ...string) string {
	return d.Add(op, d.name(), inputs...).Outputs[0]
}

// with is op with attributes.
func (d *drawing) with(attributes map[string]any, op string, inputs ...string) string {
	n := d.Add(op, d.name(), inputs...)
	n.Attributes = attributes
	return n.Outputs[0]
}

// scalar is a constant without dimensions.
func (d *drawing) scalar(v float32) string {
	name := d.name()
	d.Constant(name, []float32{v})
	return name
}

// reshape gives a value another shape; 0 is the same size as before, -1 what is left.
func (d *drawing) reshape(x string, shape ...int) string {
	list := make([]int64, len(shape))
	for i, n := range shape {
		list[i] = int64(n)
	}
	name := d.name()
	d.Integers(name, list...)
	return d.op("Reshape", x, name)
}

func (d *drawing) transpose(x string, perm ...int) string {
	return d.with(map[string]any{"perm": perm}, "Transpose", x)
}

// perSample is a value [batch] that multiplies pictures.
func (d *drawing) perSample(x string) string {
	return d.reshape(x, append([]int{-1, 1}, ones(len(d.m.config.Size))...)...)
}

// perChannel is a vector [n, channels], or [channels] with n 1, that multiplies pictures. n is 0 for one row of each sample.
func (d *drawing) perChannel(x string, n, channels int) string {
	return d.reshape(x, append([]int{n, channels}, ones(len(d.m.config.Size))...)...)
}

func ones(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = 1
	}
	return list
}

// denoise adds the precondition around the network.
func (d *drawing) denoise(std float32) {
	c := &d.m.config
	sum := d.op("Add", d.op("Mul", "sigma", "sigma"), d.scalar(std*std))
	root := d.op("Sqrt", sum)
	in := d.perSample(d.op("Div", d.scalar(1), root))
	skip := d.perSample(d.op("Div", d.scalar(std*std), sum))
	out := d.perSample(d.op("Div", d.op("Mul", "sigma", d.scalar(std)), root))
	time := d.op("Mul", d.op("Log", "sigma"), d.scalar(0.25))
	y := d.network(picture{d.op("Mul", "x", in), c.Inputs, c.Size}, d.embedding(time))
	d.Add("Add", "denoised", d.op("Mul", "x", skip), d.op("Mul", y.name, out))
}

// embedding is Model.embedding.
func (d *drawing) embedding(time string) string {
	half := d.m.config.Levels[0].Channels / 2
	frequencies := make([]float32, half)
	for i := range frequencies {
		frequencies[i] = float32(math.Pow(10000, -float64(i)/(float64(half)-d.m.config.FreqShift)))
	}
	name := d.name()
	d.Constant(name, frequencies, 1, half)
	angle := d.op("Mul", d.reshape(time, -1, 1), name)
	waves := d.with(map[string]any{"axis": 1}, "Concat", d.op("Sin", angle), d.op("Cos", angle))
	e := d.linear(d.m.time[1], d.silu(d.linear(d.m.time[0], waves)))
	if d.m.class != nil {
		e = d.op("Add", e, d.op("Gather", tensorName(d.m.class.Table), "class"))
	}
	return d.silu(e)
}

func (d *drawing) silu(x string) string { return d.op("Mul", x, d.op("Sigmoid", x)) }

// linear is the product and the bias of a layer, without its activation.
func (d *drawing) linear(l *nn.Linear, x string) string {
	return d.with(map[string]any{"transB": 1}, "Gemm", x, tensorName(l.W), tensorName(l.B))
}

// activated adds the activation of a normalisation, which is the identity or SiLU in this network.
func (d *drawing) activated(n *nn.GroupNorm, x string) string {
	if n.Act.Fn == kernels.FnSiLU {
		return d.silu(x)
	}
	return x
}
