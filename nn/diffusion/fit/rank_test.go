package fit

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/nn/unet"
)

// wide is a network with what the others have, and convolutions in Winograd's form.
func wide(t *testing.T) *unet.Model {
	t.Helper()
	m, err := unet.New("net", unet.Config{
		Size: []int{8, 8}, Inputs: 1, Outputs: 1, Levels: []unet.Level{{Channels: 16}, {Channels: 20, Attention: true}}, Blocks: 1,
		Groups: 4, Eps: 1e-5, Kernel: 3, Dropout: 0.1, Classes: 4, Augment: 2, TimeWidth: 16, FreqShift: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// varied is a set with variants, some held out.
func varied() *Data {
	d := stripes(6, 2, 3)
	n, own := d.N(), slices.Clone(d.Values)
	d.Variants, d.Described = 2, make([]float32, 4*n)
	for i, v := range own {
		d.Values = append(d.Values, -v)
		d.Described[2*n+2*(i/d.Size())] = 1
	}
	d.HeldOut = stripes(2, 2, 2)
	return d
}

// together runs updates on the ranks of a group, from a state unless it is nil, and returns the states of all.
func together(t *testing.T, backends []kernels.Backend, o Options, from *checkpoint.State, updates int) []*checkpoint.State {
	t.Helper()
	group, model := comm.NewGroup(len(backends), time.Minute), wide(t)
	states, errs := make([]*checkpoint.State, len(backends)), make([]error, len(backends))
	var all sync.WaitGroup
	for r, b := range backends {
		all.Go(func() {
			states[r], errs[r] = rankOf(t, group.Rank(r), b, model, o, from, updates)
			if errs[r] != nil {
				group.Abort(errs[r])
			}
		})
	}
	all.Wait()
	for r, err := range errs {
		if err != nil {
			t.Fatalf("rank %d: %v", r, err)
		}
	}
	return states
}

func rankOf(t *testing.T, group comm.Comm, b kernels.Backend, m *unet.Model, o Options, from *checkpoint.State, updates int) (*checkpoint.State, error) {
	tr, err := PlanRank(group, b, m, varied(), o)
	if err != nil {
		return nil, err
	}
	if err := tr.Open(); err != nil {
		return nil, err
	}
	defer tr.Close()
	if err := tr.session.Poison(); err != nil {
		return nil, err
	}
	if from != nil {
		if err := tr.Restore(from); err != nil {
			return nil, err
		}
	}
	for range updates {
		if err := tr.Step(t.Context()); err != nil {
			return nil, err
		}
	}
	return tr.State()
}

// backends opens one for each rank.
func backends(t *testing.T, name string, n int) (list []kernels.Backend) {
	for range n {
		list = append(list, backendOf(t, name, 1))
	}
	return list
}

// sameState compares states but for their order.
func sameState(t *testing.T, what string, got, want *checkpoint.State) {
	t.Helper()
	if !maps.Equal(got.Meta, want.Meta) || len(got.Tensors) != len(want.Tensors) {
		t.Fatalf("%s: %v and %d tensors, want %v and %d", what, got.Meta, len(got.Tensors), want.Meta, len(want.Tensors))
	}
	for i, x := range want.Tensors {
		if got.Tensors[i].Name != x.Name || !sameBits(got.Tensors[i].Data, x.Data) {
			t.Fatalf("%s: %s differs", what, x.Name)
		}
	}
}

// Ranks end with the bits of a trainer that is alone, all of them and for any number, also with segments of unequal length, with more
// ranks than segments, and after a change of their number.
func TestRanksHaveTheBitsOfOne(t *testing.T) {
	denoise, tune := options(2), tuned(2)
	denoise.Batch, denoise.Keep, tune.Batch = 18, true, 3
	for name, o := range map[string]Options{"denoising": denoise, "tuning": tune} {
		alone, err := rankOf(t, nil, backendOf(t, "cpu", 2), wide(t), o, nil, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, ranks := range []int{1, 2, 3, 5, 8, 16} {
			for r, s := range together(t, backends(t, "cpu", ranks), o, nil, 2) {
				sameState(t, fmt.Sprintf("%s, rank %d of %d", name, r, ranks), s, alone)
			}
		}
		half := together(t, backends(t, "cpu", 3), o, nil, 1)[0]
		for _, ranks := range []int{1, 5} {
			sameState(t, fmt.Sprintf("%s, on %d ranks after 3", name, ranks), together(t, backends(t, "cpu", ranks), o, half, 1)[0], alone)
		}
	}
}

// Ranks on different backends agree.
func TestRanksOnDifferentBackends(t *testing.T) {
	o := options(1)
	o.Batch = 5
	alone, err := rankOf(t, nil, backendOf(t, "ref", 1), wide(t), o, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	mixed := []kernels.Backend{backendOf(t, "cpu", 2), backendOf(t, "ref", 1), backendOf(t, "cpu", 1)}
	for r, s := range together(t, mixed, o, nil, 1) {
		sameState(t, fmt.Sprintf("rank %d", r), s, alone)
	}
}
