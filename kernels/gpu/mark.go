//go:build gpu && !cpu

package gpu

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/gmel-go/gmel/kernels"
)

// mark is host memory in which every launch notes that it has begun (note_begun of cuda/kernel.cuh). It survives a fault,
// unlike the memory of the device, so that the ops of a fault in a graph are known. It costs a launch one asynchronous
// store.
type mark struct {
	memory pinned
	at     *uint64

	lock   sync.Mutex
	noted  map[uint32]noted // by number of the Program
	number uint32           // of the last Program
}

// noted is a Program and the ops of its launches.
type noted struct {
	program *kernels.Program
	ops     [][]int
}

func newMark() (*mark, error) {
	memory, err := newPinned(2)
	if err != nil {
		return nil, err
	}
	m := &mark{memory: memory, at: (*uint64)(unsafe.Pointer(unsafe.SliceData(memory))), noted: map[uint32]noted{}}
	m.clear()
	return m, nil
}

// next is the number of the next Program, never 0.
func (m *mark) next() uint32 {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.number++
	return m.number
}

// add remembers a Program by its number.
func (m *mark) add(number uint32, n noted) {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.noted[number] = n
}

// remove forgets a Program that is not running.
func (m *mark) remove(number uint32) {
	m.lock.Lock()
	defer m.lock.Unlock()
	delete(m.noted, number)
}

// clear forgets the kernels that have ended without a fault.
func (m *mark) clear() { atomic.StoreUint64(m.at, 0) }

// last is the Program of the launch that began last, and its ops; p is nil if none has begun since clear.
func (m *mark) last() (p *kernels.Program, ops []int) {
	m.lock.Lock()
	defer m.lock.Unlock()
	at := atomic.LoadUint64(m.at)
	n, ok := m.noted[uint32(at>>32)]
	if !ok {
		return nil, nil
	}
	return n.program, n.ops[uint32(at)]
}
