//go:build gpu && !cpu

package gpu

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/gmel-go/gmel/kernels"
)

// mark is memory of the host where every kernel notes that it has begun (note_begun of cuda/kernel.cuh). It outlives
// a fault, which takes the device's memory along, so that a fault in a graph is known by its op. It costs a kernel one
// store that nobody waits for.
type mark struct {
	memory pinned
	at     *uint64

	lock     sync.Mutex
	programs map[uint32]*kernels.Program // by number
	number   uint32                      // of the last
}

func newMark() (*mark, error) {
	memory, err := newPinned(2)
	if err != nil {
		return nil, err
	}
	m := &mark{memory: memory, at: (*uint64)(unsafe.Pointer(unsafe.SliceData(memory))), programs: map[uint32]*kernels.Program{}}
	m.clear()
	return m, nil
}

// add gives a Program its number, never 0.
func (m *mark) add(p *kernels.Program) uint32 {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.number++
	m.programs[m.number] = p
	return m.number
}

// remove forgets a Program that is not on its way.
func (m *mark) remove(number uint32) {
	m.lock.Lock()
	defer m.lock.Unlock()
	delete(m.programs, number)
}

// clear forgets what has ended well.
func (m *mark) clear() { atomic.StoreUint64(m.at, 0) }

// last is the op that began last, and how many are in its launch; nil: none has since the device was last waited for.
func (m *mark) last() (p *kernels.Program, op, ops int) {
	m.lock.Lock()
	defer m.lock.Unlock()
	at := atomic.LoadUint64(m.at)
	const opBits = 28
	return m.programs[uint32(at>>32)], int(at & (1<<opBits - 1)), int(uint32(at) >> opBits)
}
