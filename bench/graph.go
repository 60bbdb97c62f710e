package bench

import (
	"errors"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// learningRate of all single networks.
const learningRate = 1e-3

// graph is a network with its inputs, loss, backward pass and optimiser, compiled to one Program.
type graph struct {
	layout  *machine.Layout
	session *machine.Session
	program *kernels.Program

	inputs  []input
	params  *nn.Params
	net     *nn.Placed
	adam    *nn.Adam
	loss    machine.Tensor   // scalar, before the step
	results []machine.Tensor // compared besides loss and gradients
}

// input is a tensor with the numbers that it always holds.
type input struct {
	to   machine.Tensor
	data []float32
}

func newGraph() *graph { return &graph{layout: machine.NewLayout()} }

// input places a tensor.
func (g *graph) input(name string, data []float32, shape ...int) machine.Tensor {
	t := g.layout.Add(name, shape...)
	g.inputs = append(g.inputs, input{t, data})
	return t
}

// normal places a tensor of normal numbers.
func (g *graph) normal(name string, shape ...int) machine.Tensor {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return g.input(name, normals(name, n), shape...)
}

// network places parameters, optimiser and loss.
func (g *graph) network(p *nn.Params) {
	g.params = p
	g.net = p.Place(g.layout, "net")
	g.adam = nn.NewAdam(g.layout, "adam", g.net, nn.AdamConfig{LR: learningRate})
	g.loss = g.layout.Add("loss")
}

// result places a tensor that is compared with a peer's.
func (g *graph) result(name string, shape ...int) machine.Tensor {
	t := g.layout.Add(name, shape...)
	g.results = append(g.results, t)
	return t
}

// open compiles what build appends and uploads everything.
func (g *graph) open(backend kernels.Backend, name string, build func(b *machine.Builder) error) (Running, error) {
	b := machine.NewBuilder(name, g.layout)
	if err := build(b); err != nil {
		return nil, err
	}
	var err error
	if g.program, err = b.Build(); err != nil {
		return nil, err
	}
	if g.session, err = machine.NewSession(backend, g.layout, g.program); err != nil {
		return nil, err
	}
	if err := g.reset(); err != nil {
		return nil, errors.Join(err, g.session.Close())
	}
	return g, nil
}

// reset uploads inputs and initial parameters.
func (g *graph) reset() error {
	for _, in := range g.inputs {
		if err := g.session.Upload(in.to, in.data); err != nil {
			return err
		}
	}
	if g.params == nil {
		return nil
	}
	flat := make([]float32, g.net.Flat.Len())
	g.net.Init(flat, 1)
	if err := g.session.Upload(g.net.Flat, flat); err != nil {
		return err
	}
	return g.adam.InitState(g.session)
}

// Run implements Running.
func (g *graph) Run(n int) error {
	if err := g.session.Repeat(g.program, n); err != nil {
		return err
	}
	return g.session.Sync()
}

// Program implements Running.
func (g *graph) Program() *kernels.Program { return g.program }

// resident is the size of what outlives a run.
func (g *graph) resident() int64 { return g.layout.Size() }

// Profile implements Running.
func (g *graph) Profile() (kernels.Profile, bool) { return g.session.Profile(g.program) }

// Given implements Running.
func (g *graph) Given() ([]Array, error) {
	if err := g.reset(); err != nil {
		return nil, err
	}
	var list []machine.Tensor
	for _, in := range g.inputs {
		list = append(list, in.to)
	}
	arrays, err := g.download(list)
	if err != nil || g.params == nil {
		return arrays, err
	}
	params, err := g.parameters("", g.net)
	return append(arrays, params...), err
}

// Found implements Running.
func (g *graph) Found() ([]Array, error) {
	if err := g.reset(); err != nil {
		return nil, err
	}
	if err := g.Run(1); err != nil {
		return nil, err
	}
	arrays, err := g.download(g.results)
	if err != nil || g.params == nil {
		return arrays, err
	}
	if g.loss != machine.None {
		loss, err := g.download([]machine.Tensor{g.loss})
		if err != nil {
			return nil, err
		}
		arrays = append(arrays, loss...)
	}
	grads, err := g.parameters("grad/", g.adam.Grads())
	return append(arrays, grads...), err
}

// State implements Running: parameters, gradients, loss and results.
func (g *graph) State() ([]Array, error) {
	list := g.results
	if g.loss != machine.None {
		list = append(list[:len(list):len(list)], g.loss)
	}
	arrays, err := g.download(list)
	if err != nil || g.params == nil {
		return arrays, err
	}
	params, err := g.parameters("", g.net)
	if err != nil {
		return nil, err
	}
	grads, err := g.parameters("grad/", g.adam.Grads())
	return append(append(arrays, params...), grads...), err
}

// parameters downloads a network's worth of memory by the names of its parameters.
func (g *graph) parameters(prefix string, pl *nn.Placed) (arrays []Array, err error) {
	for _, q := range g.params.List() {
		a, err := g.download([]machine.Tensor{pl.Tensor(q)})
		if err != nil {
			return nil, err
		}
		a[0].Name = prefix + q.Name()
		arrays = append(arrays, a...)
	}
	return arrays, nil
}

func (g *graph) download(list []machine.Tensor) (arrays []Array, err error) {
	for _, t := range list {
		a := Array{Name: t.Name(), Shape: t.Shape(), Data: make([]float32, t.Len())}
		if err := g.session.Download(a.Data, t); err != nil {
			return nil, err
		}
		arrays = append(arrays, a)
	}
	return arrays, nil
}

// Close implements Running.
func (g *graph) Close() error { return g.session.Close() }
