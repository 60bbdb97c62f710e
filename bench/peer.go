package bench

import (
	"context"
	"fmt"
	"math"

	"github.com/gmel-go/gmel/kernels"
)

// Names of the peers in Case.Goals.
const (
	peerTorch       = "torch"
	peerGorgonia    = "gorgonia"
	peerONNXRuntime = "onnxruntime"
	peerOpenVINO    = "openvino"
)

// Tolerance is how far losses and gradients of a peer, or its rollout, may be from ours, over the largest element of
// the tensor, in fp32.
const Tolerance = 1e-4

// ToleranceOf is the same in another precision: 16 times the most by which rounding changes a factor.
// The errors of the terms of a sum are independent, so that a product of random factors is off by less than
// one such unit of its largest element; but works have up to a dozen products in a row, forward and
// backward, and a peer may cut factors where we round them, or round results too, as PyTorch does in bf16.
// A test compares our own works in both precisions with fp32.
func ToleranceOf(precision string) float64 {
	switch precision {
	case kernels.TF32:
		return 16 * 0x1p-11
	case kernels.BF16:
		return 16 * 0x1p-8
	}
	return Tolerance
}

// Peer is another implementation of the works. Its calls end with the context's error when that is over.
type Peer interface {
	// Family is that of Case.Goals, such as "torch", or another; known after Load.
	Family() string
	// Load hands over a task; a peer that has ended begins anew. It returns the ways in which the peer can do the task; none: it cannot.
	Load(ctx context.Context, t Task) (ways []string, err error)
	// Name is the peer with its version, known after Load.
	Name() string
	// Check does the loaded work once, from the given parameters, and returns what must agree, such as losses and gradients.
	Check(ctx context.Context, way string) ([]Array, error)
	// Time does the work n times and returns the seconds of all.
	Time(ctx context.Context, way string, n int) (float64, error)
	// Close ends the peer.
	Close() error
}

// ended is an error after which a peer must be loaded again.
type ended struct{ error }

// Unwrap returns the cause.
func (e ended) Unwrap() error { return e.error }

// Task is the input of a peer.
type Task struct {
	Work    string
	Sizes   map[string]int
	Threads int
	Given   []Array
}

// bytes is the size of the tensors.
func (t *Task) bytes() (n int64) {
	for _, a := range t.Given {
		n += int64(len(a.Data)) * 4
	}
	return n
}

// agreement is the largest difference between a peer's check and our results.
func agreement(ctx context.Context, p Peer, way string, found []Array, most float64) (float64, error) {
	theirs, err := p.Check(ctx, way)
	if err != nil {
		return 0, err
	}
	worst, name, err := Difference(found, theirs)
	if err == nil && !(worst <= most) {
		err = fmt.Errorf("%s differs by %.2g of its largest element; at most %g is allowed", name, worst, most)
	}
	if err != nil {
		return worst, fmt.Errorf("does other work: %w", err)
	}
	return worst, nil
}

// Difference returns the worst difference of two lists of arrays, each over the largest element of
// our array, and the name of that array; NaN, which agrees with nothing, is the worst.
func Difference(ours, theirs []Array) (worst float64, name string, err error) {
	by := map[string]Array{}
	for _, a := range theirs {
		by[a.Name] = a
	}
	for _, a := range ours {
		b, ok := by[a.Name]
		if !ok || len(a.Data) != len(b.Data) {
			return 0, "", fmt.Errorf("%s %v is missing or has another size", a.Name, a.Shape)
		}
		d := distance(a.Data, b.Data)
		if math.IsNaN(d) {
			return d, a.Name, nil
		}
		if d > worst {
			worst, name = d, a.Name
		}
	}
	return worst, name, nil
}

// distance is max |a-b| / max |a|, or NaN if any number is not finite.
func distance(a, b []float32) float64 {
	top, most := 1e-30, 0.0
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		if math.IsNaN(x+y) || math.IsInf(x+y, 0) {
			return math.NaN()
		}
		top, most = max(top, math.Abs(x)), max(most, math.Abs(x-y))
	}
	return most / top
}
