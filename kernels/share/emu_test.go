//go:build emu

package share_test

import (
	"sync"

	"github.com/gmel-go/gmel/kernels"
	_ "github.com/gmel-go/gmel/kernels/emu"
)

func init() { wrap["emu"] = func(b kernels.Backend) kernels.Backend { return inTurn{b} } }

// inTurn runs one emulated device at a time: the emulation has one set of threads. Between two stages the others run.
type inTurn struct{ kernels.Backend }

type executableInTurn struct{ kernels.Executable }

var emulation sync.Mutex

func (b inTurn) Compile(p *kernels.Program) (kernels.Executable, error) {
	e, err := b.Backend.Compile(p)
	return executableInTurn{e}, err
}

func (e executableInTurn) Run(b kernels.Buffer, n int) error {
	emulation.Lock()
	defer emulation.Unlock()
	return e.Executable.Run(b, n)
}
