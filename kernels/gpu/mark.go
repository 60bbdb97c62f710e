//go:build gpu && !cpu

package gpu

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/gmel-go/gmel/kernels"
)

// mark is host memory in which every kernel notes that it has begun (note_begun of cuda/kernel.cuh). It survives a fault,
// unlike the memory of the device, so that the op of a fault in a graph is known. It costs a kernel one asynchronous
// store.
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

// add assigns a number to a Program, never 0.
func (m *mark) add(p *kernels.Program) uint32 {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.number++
	m.programs[m.number] = p
	return m.number
}

// remove forgets a Program that is not running.
func (m *mark) remove(number uint32) {
	m.lock.Lock()
	defer m.lock.Unlock()
	delete(m.programs, number)
}

// clear forgets the kernels that have ended without a fault.
func (m *mark) clear() { atomic.StoreUint64(m.at, 0) }

// last is the op that began last, and the number of ops in its launch; p is nil if none has begun since clear.
func (m *mark) last() (p *kernels.Program, op, ops int) {
	m.lock.Lock()
	defer m.lock.Unlock()
	at := atomic.LoadUint64(m.at)
	const opBits = 28
	return m.programs[uint32(at>>32)], int(at & (1<<opBits - 1)), int(uint32(at) >> opBits)
}
