package marl

import (
	"runtime"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/ref"
)

// compiled skips what the plain Go backend would take a quarter of a minute for.
func compiled(t *testing.T) {
	t.Helper()
	if len(kernels.Backends()) < 2 {
		t.Skipf("no compiled backend on %s without cgo", runtime.GOARCH)
	}
}
