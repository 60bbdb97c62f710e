package kernels_test

import (
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

type noDriver struct{ kernels.Driver }

func TestBackendsAreListedBestFirst(t *testing.T) {
	for _, n := range []string{"b", "ref", "a", "cpu", "gpu"} {
		kernels.Register(n, noDriver{})
	}
	if got, want := kernels.Backends(), []string{"gpu", "cpu", "ref", "a", "b"}; !slices.Equal(got, want) {
		t.Errorf("Backends() = %v, want %v", got, want)
	}
}
