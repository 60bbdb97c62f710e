package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/gmel-go/gmel/nn/stock"
)

// gorgonia is the peer that runs the perceptron on gorgonia's own machine and solver.
type gorgonia struct {
	batch, threads int
	x, y           []float32
	layers         []stock.Layer
	mlp            *stock.MLP
}

// Family implements Peer.
func (g *gorgonia) Family() string { return peerGorgonia }

// Name implements Peer.
func (g *gorgonia) Name() string {
	name := "gorgonia"
	info, ok := debug.ReadBuildInfo()
	for i := 0; ok && i < len(info.Deps); i++ {
		if info.Deps[i].Path == "gorgonia.org/gorgonia" {
			name += " " + info.Deps[i].Version
		}
	}
	return name
}

// Load implements Peer.
func (g *gorgonia) Load(_ context.Context, t Task) ([]string, error) {
	if err := g.Close(); err != nil {
		return nil, err
	}
	if t.Work != "mlp" {
		return nil, nil
	}
	by := map[string]Array{}
	for _, a := range t.Given {
		by[a.Name] = a
	}
	g.batch, g.threads = t.Sizes["batch"], t.Threads
	g.x, g.y, g.layers = by["x"].Data, by["y"].Data, nil
	for i := range t.Sizes["layers"] {
		w, b := by[fmt.Sprintf("layer%d.w", i)], by[fmt.Sprintf("layer%d.b", i)]
		if len(w.Shape) != 2 || w.Shape[1] != len(b.Data) {
			return nil, errors.New("bench: the perceptron's parameters are missing")
		}
		g.layers = append(g.layers, stock.Layer{W: w.Data, B: b.Data, In: w.Shape[0], Out: w.Shape[1]})
	}
	return []string{"TapeMachine, AdamSolver"}, nil
}

// restart begins with the given parameters.
func (g *gorgonia) restart() (err error) {
	if err := g.Close(); err != nil {
		return err
	}
	g.mlp, err = stock.NewMLP(g.x, g.y, g.batch, g.layers)
	return err
}

// Check implements Peer.
func (g *gorgonia) Check(context.Context, string) ([]Array, error) {
	if err := g.restart(); err != nil {
		return nil, err
	}
	loss, err := g.mlp.Pass()
	if err != nil {
		return nil, err
	}
	grads, err := g.mlp.Grads()
	if err != nil {
		return nil, err
	}
	list := []Array{{"loss", nil, []float32{loss}}}
	for i, l := range g.layers {
		list = append(list, Array{fmt.Sprintf("grad/layer%d.w", i), []int{l.In, l.Out}, grads[2*i]},
			Array{fmt.Sprintf("grad/layer%d.b", i), []int{l.Out}, grads[2*i+1]})
	}
	return list, g.restart() // without Step, further passes would accumulate gradients
}

// Time implements Peer.
func (g *gorgonia) Time(ctx context.Context, _ string, n int) (float64, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(g.threads)) // its products use as many goroutines
	begin := time.Now()
	for range n {
		if err := errors.Join(g.mlp.Step(), context.Cause(ctx)); err != nil {
			return 0, err
		}
	}
	return time.Since(begin).Seconds(), nil
}

// Close implements Peer.
func (g *gorgonia) Close() error {
	if g.mlp == nil {
		return nil
	}
	err := g.mlp.Close()
	g.mlp = nil
	return err
}

// StartPeers prepares a peer for each command; "gorgonia" is built in.
func StartPeers(commands []string) (peers []Peer, err error) {
	for _, c := range commands {
		if c == "gorgonia" {
			peers = append(peers, &gorgonia{})
			continue
		}
		p, err := StartPeer(c)
		if err != nil {
			for _, q := range peers {
				err = errors.Join(err, q.Close())
			}
			return nil, err
		}
		peers = append(peers, p)
	}
	return peers, nil
}
